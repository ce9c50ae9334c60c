"""What happens in rooms and spaces. `message.sent` in a room is the same type as in a chat."""

from webhooks_app.catalogue.schema import count, described, link, text

GROUP = "Workspace"
ROOM = "0b8f6d0e-55a1-4c0e-9a61-7f1f7f6a4f5e"

EVENT_TYPES = (
    described(
        "room.recording.transcript.published",
        "Room recording transcript published",
        "The transcript of a recording is available.",
        GROUP,
        {
            "room_id": ROOM,
            "recording_id": "rec_2e91",
            "language": "en",
            "duration_seconds": 1874,
            "transcript_url": "https://rooms.example.com/recordings/rec_2e91/transcript",
        },
        {
            "room_id": text("The id of the room that was recorded."),
            "recording_id": text("The recording."),
            "language": text("The spoken language (BCP 47)."),
            "duration_seconds": count("How long the recording is."),
            "transcript_url": link("The address at which it can be read."),
        },
        required=["room_id", "recording_id"],
        summary=("recording_id", "language"),
    ),
)
