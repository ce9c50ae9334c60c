"""What happens in rooms and spaces. `message.sent` in a room is the same type as in a chat."""

from webhooks_app.catalogue.event_type import EventType

EVENT_TYPES = (
    EventType(
        "room.recording.transcript.published",
        "Room recording transcript published",
        "The transcript of a recording can be read.",
        "Workspace",
        {
            "room_id": "0b8f6d0e-55a1-4c0e-9a61-7f1f7f6a4f5e",
            "recording_id": "rec_2e91",
            "language": "en",
            "duration_seconds": 1874,
            "transcript_url": "https://rooms.example.com/recordings/rec_2e91/transcript",
        },
    ),
)
