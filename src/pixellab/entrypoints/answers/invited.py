"""An upload that was invited straight into the object store."""

from __future__ import annotations

from datetime import datetime

from pixellab.domain.ports import DirectUpload, Invitation
from pixellab.domain.use_cases import InviteUpload
from pixellab.entrypoints.answers.parts.answer import Answer


class InvitedUploadAnswer(Answer):
    """Where a client sends its file, and how."""

    id: str
    url: str
    """Takes a form by POST."""
    fields: dict[str, str]
    """The form's fields before ``file``, which comes last."""
    max_bytes: int
    send_until: datetime
    complete_until: datetime

    @classmethod
    def of(
        cls, upload: DirectUpload, invitation: Invitation, invite: InviteUpload
    ) -> InvitedUploadAnswer:
        return cls(
            id=upload.id,
            url=invitation.url,
            fields=dict(invitation.fields),
            max_bytes=invite.max_bytes,
            send_until=upload.created_at + invite.valid,
            complete_until=upload.expires_at,
        )
