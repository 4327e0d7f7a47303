"""Binding of `ChangeStreamConsumer`: events with the document as it was before and after the change.

The specification's events hold what the statement said, from which follows what became of the document. The server
keeps these images if the collection is made so (MongoDB 6.0), and shows them in a stream that asks for them. The
stream is read at the behavior's end, when the documents have been written again: an image that is looked up in the
collection then, as `fullDocument: "updateLookup"` does, is that of another time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from testgen.bindings.decorators import ends, starts
from testgen.bindings.mongo import Document
from testgen.bindings.mongo_consumer import StreamConsumer
from testgen.bindings.protocol import Step
from testgen.bindings.story import StepStory
from testgen.mongo import Event
from testgen.values.plain import Plain

__all__ = ["ImageStream"]

_ABSENT: Document = {"base": 0, "v": 0}


def _images(final: Mapping[str, Any]) -> dict[str, Plain]:
    """The events, and the document that each is about, before and after it; what `After` of the specification says."""
    documents: dict[int, dict[str, Plain]] = {}
    images: list[Plain] = []
    for event in final["events"]:
        before = documents.get(event["id"], dict(_ABSENT))
        written = {name: event[name] for name in ("base", "v") if name in event}
        after = dict(_ABSENT) if event["op"] == "delete" else {**before, **written}
        documents[event["id"]] = after
        images.append({"before": before, "after": after})
    return {"images": images}


class ImageStream(StreamConsumer):
    """A stream that asks for images, beside the consumer that is told of in `StreamConsumer`."""

    collection_name: ClassVar[str] = "images"
    collection_options: ClassVar[Mapping[str, Any]] = {"changeStreamPreAndPostImages": {"enabled": True}}
    fixture: ClassVar[str] = "images"
    needs: ClassVar[tuple[str, ...]] = (*StreamConsumer.needs, "pre_images")

    @starts(lambda initial: {"documents": len(initial["docs"]), "droppable": False})  # type: ignore[arg-type]  # a list
    def start(self, documents: int, droppable: bool) -> None:
        super().start(documents, droppable)
        # "required" would have a server without the image end the stream; this has it show what it has.
        options = {"fullDocument": "whenAvailable", "fullDocumentBeforeChange": "whenAvailable"}
        self._images = self._open_stream(options=options)

    @ends(_images)
    def check_images(self, images: list[dict[str, Document]]) -> None:
        """Each event shows the document as it was before the change and after it."""
        shown = [
            {"before": _image(event, "fullDocumentBeforeChange"), "after": _image(event, "fullDocument")}
            for event in self._images.drain()
        ]
        self.expect("the document before and after each change, as its event shows it", images, shown)

    @classmethod
    def story(  # type: ignore[override]  # None, as `Binding.story` has it
        cls, initial: Mapping[str, Plain], steps: list[Step]
    ) -> StepStory | None:
        """Tell a behavior; one with a drop is left out, as a collection that is made anew keeps no images."""
        return None if any(told.action == "Drop" for told in steps) else super().story(initial, steps)


def _image(event: Event, name: str) -> Document:
    document = event.get(name) or _ABSENT
    return {name: value for name, value in document.items() if name != "_id"}
