"""A file of a pack as a tree in which everything knows the line it stands on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Node:
    """A mapping, a list or a single value, with the line where a reader looks for it.

    For an entry of a mapping that is the line of its key.
    """

    content: "Mapping[str, Node] | tuple[Node, ...] | Scalar"
    line: int

    @property
    def value(self) -> Any:
        """The same as plain dicts, lists and scalars."""
        if isinstance(self.content, Mapping):
            return {key: child.value for key, child in self.content.items()}
        if isinstance(self.content, tuple):
            return [child.value for child in self.content]
        return self.content

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.content, Mapping)

    @property
    def is_list(self) -> bool:
        return isinstance(self.content, tuple)

    def __getitem__(self, key: str | int) -> "Node":
        """The entry of a mapping by its key, or of a list by its place from 0."""
        if isinstance(self.content, Mapping):
            return self.content[str(key)]
        if isinstance(self.content, tuple) and isinstance(key, int):
            return self.content[key]
        raise KeyError(key)

    def get(self, key: str) -> "Node | None":
        return self.content.get(key) if isinstance(self.content, Mapping) else None

    def __contains__(self, key: object) -> bool:
        return isinstance(self.content, Mapping) and key in self.content

    def items(self) -> "Iterator[tuple[str, Node]]":
        """Key and entry of a mapping, in the order of the file; nothing for anything else."""
        if isinstance(self.content, Mapping):
            yield from self.content.items()

    def __iter__(self) -> "Iterator[Node]":
        """The entries of a list; nothing for anything else."""
        if isinstance(self.content, tuple):
            yield from self.content

    def __len__(self) -> int:
        return len(self.content) if isinstance(self.content, Mapping | tuple) else 0


def line_of(node: Node, path: Sequence[str | int]) -> int:
    """The line of what stands at `path`; of the nearest parent where the path breaks off."""
    for step in path:
        try:
            node = node[step]
        except (KeyError, IndexError):
            break
    return node.line
