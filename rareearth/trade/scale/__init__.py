"""Trade files of any size: archives, questions, and Spark as another engine."""

from rareearth.packages import lazy

lazy(__name__)
