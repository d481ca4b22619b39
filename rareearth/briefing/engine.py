"""papermill's own engine, told to write the notebook when it fails instead of after every cell."""

from typing import Any

from papermill.engines import NBClientEngine, papermill_engines

NAME = "rareearth"


class _Engine(NBClientEngine):
    # Writing all outputs so far after each cell takes longer than most cells.
    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
        place, nb_man.output_path = nb_man.output_path, None
        try:
            return super().execute_managed_notebook(nb_man, kernel_name, **options)
        except Exception:
            nb_man.output_path = place
            nb_man.save()
            raise


papermill_engines.register(NAME, _Engine)
