"""The marts that this process serves, read from dbt's manifest at start and again when it has changed."""

import logging
import time
from pathlib import Path

from api.errors import ApiError, did_you_mean
from api.shape import Shape
from pipelines import contracts
from pipelines.contracts import ContractsUnreadable

logger = logging.getLogger("clearsignal.api")
RELOAD_SECONDS = 2.0  # a mart that stays at odds with its table must not cost a read of the manifest per request


class Registry:
    """Contracts by mart name. A manifest that cannot be read keeps what was known before."""

    def __init__(self, manifest: Path) -> None:
        self.manifest = manifest
        self.shapes: dict[str, Shape] = {}
        self.problem: str | None = None
        self.generation = 0  # grows when the contracts changed
        self._stamp: tuple[int, int] | None = None
        self._tried_at = 0.0
        self.reload()

    def reload(self) -> None:
        """Read the manifest if the file is another one than before."""
        self._tried_at = time.monotonic()
        try:
            status = self.manifest.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp == self._stamp:
                return
            marts = contracts.read(self.manifest)
            shapes = {name: Shape(mart) for name, mart in marts.items()}
        except (OSError, ContractsUnreadable) as error:
            self.problem = str(error)
            logger.warning("the manifest cannot be used: %s", type(error).__name__)
            return
        except KeyError as error:
            self.problem = f"a mart has a column of the type {error}, which the API does not know"
            logger.warning("the manifest cannot be used: unknown column type %s", error)
            return
        old = self.shapes
        # Unchanged marts keep their object, and with it their parsed questions.
        self.shapes = {
            name: old[name] if name in old and old[name].mart == shapes[name].mart else shapes[name] for name in shapes
        }
        self._stamp, self.problem, self.generation = stamp, None, self.generation + 1

    def reload_for(self, checksum: str, name: str) -> bool:
        """Whether the mart has this contract now, after a look at the manifest."""
        if time.monotonic() - self._tried_at > RELOAD_SECONDS:
            self.reload()
        shape = self.shapes.get(name)
        return shape is not None and shape.checksum == checksum

    def shape(self, name: str) -> Shape:
        """The contract of that name. Raises ApiError 404, or 503 while no manifest was ever read."""
        shape = self.shapes.get(name)
        if shape is not None:
            return shape
        if not self.shapes:
            raise ApiError(
                503, "NOT_PUBLISHED", "The marts are not built yet. Do: run make up.", headers={"Retry-After": "10"}
            )
        raise ApiError(404, "NOT_FOUND", f"There is no mart {name[:100]!r}.{did_you_mean(name, self.shapes)}")
