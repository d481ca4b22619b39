"""Trade files of any size: archives, questions, and Spark as another engine."""
