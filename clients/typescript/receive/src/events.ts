// Made of docs/openapi.json by generate.py.

/** The `data` of each event type, as the catalogue has it. */
export interface EventTypes {
  /** A visitor wrote a first message. */
  "conversation.started": {
    /** The conversation. */
    readonly id: string;
    /** The id of the visitor. It is the same in all of their conversations. */
    readonly visitor_id?: string;
    /** The page on which the visitor wrote. */
    readonly page_url?: string;
    /** When the first message came. */
    readonly started_at?: string;
    /** How many messages both sides have written. */
    readonly message_count?: number;
  };
  /** Nobody wrote for half an hour. */
  "conversation.ended": {
    /** The conversation. */
    readonly id: string;
    /** The id of the visitor. It is the same in all of their conversations. */
    readonly visitor_id?: string;
    /** The page on which the visitor wrote. */
    readonly page_url?: string;
    /** When the first message came. */
    readonly started_at?: string;
    /** How many messages both sides have written. */
    readonly message_count?: number;
    /** When the conversation ended. */
    readonly ended_at?: string;
  };
  /** A conversation was marked as resolved. */
  "conversation.resolved": {
    /** The conversation. */
    readonly id: string;
    /** The id of the visitor. It is the same in all of their conversations. */
    readonly visitor_id?: string;
    /** The page on which the visitor wrote. */
    readonly page_url?: string;
    /** When the first message came. */
    readonly started_at?: string;
    /** How many messages both sides have written. */
    readonly message_count?: number;
    /** When it was marked. */
    readonly resolved_at?: string;
    /** Who marked it. */
    readonly resolved_by?: string;
  };
  /** A visitor's message was answered by the AI. */
  "message.received": {
    /** The id of the message. */
    readonly id: string;
    /** The id of the conversation. */
    readonly conversation_id?: string;
    /** Who wrote the message. */
    readonly role?: "visitor" | "agent" | "assistant";
    /** The text of the message. */
    readonly text?: string;
    /** When it was written. */
    readonly at?: string;
    /** The answer of the AI. */
    readonly reply?: string;
    /** The platform's id of the answer. */
    readonly reply_id?: string;
    /** When it was written. */
    readonly reply_at?: string;
  };
  /** A message was sent in a conversation or a room. */
  "message.sent": {
    /** The id of the message. */
    readonly id: string;
    /** The id of the conversation. */
    readonly conversation_id?: string;
    /** Who wrote the message. */
    readonly role?: "visitor" | "agent" | "assistant";
    /** The text of the message. */
    readonly text?: string;
    /** When it was written. */
    readonly at?: string;
  };
  /** A visitor left contact details. */
  "lead.captured": {
    /** The id of the lead. */
    readonly id: string;
    /** The visitor's name, as they wrote it. */
    readonly name?: string;
    /** The e-mail address. */
    readonly email?: string;
    /** The phone number, as the visitor wrote it. */
    readonly phone?: string;
    /** The company that the visitor works for. */
    readonly company?: string;
    /** What the visitor asked for. */
    readonly message?: string;
    /** Where the lead came from. */
    readonly source?: string;
    /** The status, such as NEW or QUALIFIED. */
    readonly status?: string;
    /** The tags of the lead. */
    readonly tags?: readonly string[];
    /** The id of the conversation in which it was captured. */
    readonly conversation_id?: string;
    /** The contact details that are new. */
    readonly captured?: readonly string[];
  };
  /** The details or the status of a lead changed. */
  "lead.updated": {
    /** The id of the lead. */
    readonly id: string;
    /** The visitor's name, as they wrote it. */
    readonly name?: string;
    /** The e-mail address. */
    readonly email?: string;
    /** The phone number, as the visitor wrote it. */
    readonly phone?: string;
    /** The company that the visitor works for. */
    readonly company?: string;
    /** What the visitor asked for. */
    readonly message?: string;
    /** Where the lead came from. */
    readonly source?: string;
    /** The status, such as NEW or QUALIFIED. */
    readonly status?: string;
    /** The tags of the lead. */
    readonly tags?: readonly string[];
    /** The id of the conversation in which it was captured. */
    readonly conversation_id?: string;
    /** The names of the fields that changed. */
    readonly changed?: readonly string[];
  };
  /** A visitor booked a time and it was confirmed. */
  "booking.confirmed": {
    /** The id of the booking. */
    readonly id: string;
    /** What was booked. */
    readonly service?: string;
    /** The start, in local time with its offset. */
    readonly starts_at?: string;
    /** The duration in minutes. */
    readonly duration_minutes?: number;
    /** The name of the person who booked. */
    readonly name?: string;
    /** The e-mail address. */
    readonly email?: string;
    /** The id of the conversation in which it was booked. */
    readonly conversation_id?: string;
  };
  /** A visitor asked for a human. */
  "escalation.requested": {
    /** The id of the conversation. */
    readonly conversation_id: string;
    /** The message that asked for it. */
    readonly text?: string;
    /** When the message was written. */
    readonly at?: string;
    /** The visitor who asked. */
    readonly visitor?: {
      /** The id of the visitor. */
      readonly id?: string;
      /** The e-mail address, if it is known. */
      readonly email?: string;
    };
  };
  /** A visitor asked for an appointment. */
  "appointment.requested": {
    /** The id of the conversation. */
    readonly conversation_id: string;
    /** The message that asked for it. */
    readonly text?: string;
    /** When the message was written. */
    readonly at?: string;
    /** The visitor who asked. */
    readonly visitor?: {
      /** The id of the visitor. */
      readonly id?: string;
      /** The e-mail address, if it is known. */
      readonly email?: string;
    };
  };
  /** A customer was added. */
  "customer.created": {
    /** The customer. */
    readonly id: string;
    /** The name of the company. */
    readonly name?: string;
    /** The health of the customer. */
    readonly health?: "healthy" | "at_risk" | "churned";
    /** The plan of the customer. */
    readonly plan?: string;
    /** Revenue per year, in `currency`. */
    readonly annual_value?: number;
    /** The currency, three letters (ISO 4217). */
    readonly currency?: string;
    /** The person on your team who is responsible for the customer. */
    readonly owner?: string;
    /** When the contract renews. */
    readonly renews_on?: string;
  };
  /** Any field of a customer changed. */
  "customer.updated": {
    /** The customer. */
    readonly id: string;
    /** The name of the company. */
    readonly name?: string;
    /** The health of the customer. */
    readonly health?: "healthy" | "at_risk" | "churned";
    /** The plan of the customer. */
    readonly plan?: string;
    /** Revenue per year, in `currency`. */
    readonly annual_value?: number;
    /** The currency, three letters (ISO 4217). */
    readonly currency?: string;
    /** The person on your team who is responsible for the customer. */
    readonly owner?: string;
    /** When the contract renews. */
    readonly renews_on?: string;
    /** The names of the fields that changed. */
    readonly changed?: readonly string[];
  };
  /** A customer's health turned to at risk. */
  "customer.at_risk": {
    /** The customer. */
    readonly id: string;
    /** The name of the company. */
    readonly name?: string;
    /** The health of the customer. */
    readonly health?: "healthy" | "at_risk" | "churned";
    /** The plan of the customer. */
    readonly plan?: string;
    /** Revenue per year, in `currency`. */
    readonly annual_value?: number;
    /** The currency, three letters (ISO 4217). */
    readonly currency?: string;
    /** The person on your team who is responsible for the customer. */
    readonly owner?: string;
    /** When the contract renews. */
    readonly renews_on?: string;
    /** The reasons, in words. */
    readonly reasons?: readonly string[];
  };
  /** A customer left. */
  "customer.churned": {
    /** The customer. */
    readonly id: string;
    /** The name of the company. */
    readonly name?: string;
    /** The health of the customer. */
    readonly health?: "healthy" | "at_risk" | "churned";
    /** The plan of the customer. */
    readonly plan?: string;
    /** Revenue per year, in `currency`. */
    readonly annual_value?: number;
    /** The currency, three letters (ISO 4217). */
    readonly currency?: string;
    /** The person on your team who is responsible for the customer. */
    readonly owner?: string;
    /** When the contract renews. */
    readonly renews_on?: string;
    /** The customer's last day. */
    readonly churned_on?: string;
  };
  /** A customer renewed. */
  "customer.renewed": {
    /** The customer. */
    readonly id: string;
    /** The name of the company. */
    readonly name?: string;
    /** The health of the customer. */
    readonly health?: "healthy" | "at_risk" | "churned";
    /** The plan of the customer. */
    readonly plan?: string;
    /** Revenue per year, in `currency`. */
    readonly annual_value?: number;
    /** The currency, three letters (ISO 4217). */
    readonly currency?: string;
    /** The person on your team who is responsible for the customer. */
    readonly owner?: string;
    /** When the contract renews. */
    readonly renews_on?: string;
  };
  /** A contact was added to a customer. */
  "contact.created": {
    /** The contact. */
    readonly id: string;
    /** The id of the customer. */
    readonly customer_id?: string;
    /** The person's name. */
    readonly name?: string;
    /** The e-mail address. */
    readonly email?: string;
    /** The person's job title. */
    readonly title?: string;
  };
  /** Any field of a contact changed. */
  "contact.updated": {
    /** The contact. */
    readonly id: string;
    /** The id of the customer. */
    readonly customer_id?: string;
    /** The person's name. */
    readonly name?: string;
    /** The e-mail address. */
    readonly email?: string;
    /** The person's job title. */
    readonly title?: string;
    /** The names of the fields that changed. */
    readonly changed?: readonly string[];
  };
  /** A contact was removed. */
  "contact.deleted": {
    /** The contact. */
    readonly id: string;
    /** The id of the customer. */
    readonly customer_id?: string;
    /** The person's name. */
    readonly name?: string;
    /** The e-mail address. */
    readonly email?: string;
    /** The person's job title. */
    readonly title?: string;
  };
  /** An onboarding was started. */
  "onboarding.created": {
    /** The onboarding. */
    readonly id: string;
    /** The id of the customer. */
    readonly customer_id?: string;
    /** The name of the onboarding template. */
    readonly template?: string;
    /** The current phase. */
    readonly phase?: string;
    /** How much is done, in percent. */
    readonly progress_percent?: number;
    /** When it should be done. */
    readonly due_on?: string;
  };
  /** Any field of an onboarding changed. */
  "onboarding.updated": {
    /** The onboarding. */
    readonly id: string;
    /** The id of the customer. */
    readonly customer_id?: string;
    /** The name of the onboarding template. */
    readonly template?: string;
    /** The current phase. */
    readonly phase?: string;
    /** How much is done, in percent. */
    readonly progress_percent?: number;
    /** When it should be done. */
    readonly due_on?: string;
    /** The names of the fields that changed. */
    readonly changed?: readonly string[];
  };
  /** An onboarding is behind its due date. */
  "onboarding.delayed": {
    /** The onboarding. */
    readonly id: string;
    /** The id of the customer. */
    readonly customer_id?: string;
    /** The name of the onboarding template. */
    readonly template?: string;
    /** The current phase. */
    readonly phase?: string;
    /** How much is done, in percent. */
    readonly progress_percent?: number;
    /** When it should be done. */
    readonly due_on?: string;
    /** How many days it is late. */
    readonly delayed_by_days?: number;
  };
  /** All tasks of an onboarding were completed. */
  "onboarding.completed": {
    /** The onboarding. */
    readonly id: string;
    /** The id of the customer. */
    readonly customer_id?: string;
    /** The name of the onboarding template. */
    readonly template?: string;
    /** The current phase. */
    readonly phase?: string;
    /** How much is done, in percent. */
    readonly progress_percent?: number;
    /** When it should be done. */
    readonly due_on?: string;
  };
  /** An onboarding went from one phase to another. */
  "phase.changed": {
    /** The onboarding. */
    readonly id: string;
    /** The id of the customer. */
    readonly customer_id?: string;
    /** The name of the onboarding template. */
    readonly template?: string;
    /** The current phase. */
    readonly phase?: string;
    /** How much is done, in percent. */
    readonly progress_percent?: number;
    /** When it should be done. */
    readonly due_on?: string;
    /** The phase before this one. */
    readonly previous_phase?: string;
  };
  /** A task was added. */
  "task.created": {
    /** The task. */
    readonly id: string;
    /** The id of the onboarding. */
    readonly onboarding_id?: string;
    /** The id of the customer. */
    readonly customer_id?: string;
    /** What has to be done. */
    readonly title?: string;
    /** The person who has to do it. */
    readonly assignee?: string;
    /** When it should be done. */
    readonly due_on?: string;
    /** The status of the task. */
    readonly status?: "open" | "done";
  };
  /** Any field of a task changed. */
  "task.updated": {
    /** The task. */
    readonly id: string;
    /** The id of the onboarding. */
    readonly onboarding_id?: string;
    /** The id of the customer. */
    readonly customer_id?: string;
    /** What has to be done. */
    readonly title?: string;
    /** The person who has to do it. */
    readonly assignee?: string;
    /** When it should be done. */
    readonly due_on?: string;
    /** The status of the task. */
    readonly status?: "open" | "done";
    /** The names of the fields that changed. */
    readonly changed?: readonly string[];
  };
  /** A task was completed. */
  "task.completed": {
    /** The task. */
    readonly id: string;
    /** The id of the onboarding. */
    readonly onboarding_id?: string;
    /** The id of the customer. */
    readonly customer_id?: string;
    /** What has to be done. */
    readonly title?: string;
    /** The person who has to do it. */
    readonly assignee?: string;
    /** When it should be done. */
    readonly due_on?: string;
    /** The status of the task. */
    readonly status?: "open" | "done";
    /** When it was completed. */
    readonly completed_at?: string;
  };
  /** A task is past its due date and not completed. */
  "task.overdue": {
    /** The task. */
    readonly id: string;
    /** The id of the onboarding. */
    readonly onboarding_id?: string;
    /** The id of the customer. */
    readonly customer_id?: string;
    /** What has to be done. */
    readonly title?: string;
    /** The person who has to do it. */
    readonly assignee?: string;
    /** When it should be done. */
    readonly due_on?: string;
    /** The status of the task. */
    readonly status?: "open" | "done";
    /** For how many days it has been due. */
    readonly overdue_days?: number;
  };
  /** The transcript of a recording is available. */
  "room.recording.transcript.published": {
    /** The id of the room that was recorded. */
    readonly room_id: string;
    /** The recording. */
    readonly recording_id: string;
    /** The spoken language (BCP 47). */
    readonly language?: string;
    /** How long the recording is. */
    readonly duration_seconds?: number;
    /** The address at which it can be read. */
    readonly transcript_url?: string;
  };
  /** A webhook or action was created. */
  "subscription.created": {
    /** The id of the webhook or action. */
    readonly id: string;
    /** Which of the two it is. */
    readonly kind?: "action" | "webhook";
    /** A name for people. */
    readonly name?: string;
    /** Who did it. */
    readonly actor?: {
      /** A person, a key, or Hookline itself. */
      readonly kind?: "person" | "api_key" | "command_line" | "system" | "visitor";
      /** An e-mail address, or the name of a key. */
      readonly name?: string;
    };
  };
  /** A webhook or action was changed. */
  "subscription.updated": {
    /** The id of the webhook or action. */
    readonly id: string;
    /** Which of the two it is. */
    readonly kind?: "action" | "webhook";
    /** A name for people. */
    readonly name?: string;
    /** The members that changed. */
    readonly changed?: readonly string[];
    /** Who did it. */
    readonly actor?: {
      /** A person, a key, or Hookline itself. */
      readonly kind?: "person" | "api_key" | "command_line" | "system" | "visitor";
      /** An e-mail address, or the name of a key. */
      readonly name?: string;
    };
  };
  /** A webhook or action was switched on. */
  "subscription.enabled": {
    /** The id of the webhook or action. */
    readonly id: string;
    /** Which of the two it is. */
    readonly kind?: "action" | "webhook";
    /** A name for people. */
    readonly name?: string;
    /** Who did it. */
    readonly actor?: {
      /** A person, a key, or Hookline itself. */
      readonly kind?: "person" | "api_key" | "command_line" | "system" | "visitor";
      /** An e-mail address, or the name of a key. */
      readonly name?: string;
    };
  };
  /** A webhook or action was switched off, by someone or by Hookline itself. */
  "subscription.disabled": {
    /** The id of the webhook or action. */
    readonly id: string;
    /** Which of the two it is. */
    readonly kind?: "action" | "webhook";
    /** A name for people. */
    readonly name?: string;
    /** Why Hookline switched it off. null when someone did. */
    readonly reason?: string | null;
    /** Who did it. */
    readonly actor?: {
      /** A person, a key, or Hookline itself. */
      readonly kind?: "person" | "api_key" | "command_line" | "system" | "visitor";
      /** An e-mail address, or the name of a key. */
      readonly name?: string;
    };
  };
  /** A webhook or action was paused. Its deliveries wait. */
  "subscription.paused": {
    /** The id of the webhook or action. */
    readonly id: string;
    /** Which of the two it is. */
    readonly kind?: "action" | "webhook";
    /** A name for people. */
    readonly name?: string;
    /** When it resumes by itself. null if it stays paused until someone resumes it. */
    readonly until?: string;
    /** Who did it. */
    readonly actor?: {
      /** A person, a key, or Hookline itself. */
      readonly kind?: "person" | "api_key" | "command_line" | "system" | "visitor";
      /** An e-mail address, or the name of a key. */
      readonly name?: string;
    };
  };
  /** A webhook or action was resumed. It sends what waited. */
  "subscription.resumed": {
    /** The id of the webhook or action. */
    readonly id: string;
    /** Which of the two it is. */
    readonly kind?: "action" | "webhook";
    /** A name for people. */
    readonly name?: string;
    /** How many waiting deliveries are sent per second. null if all are sent at once. */
    readonly rate?: number | null;
    /** Who did it. */
    readonly actor?: {
      /** A person, a key, or Hookline itself. */
      readonly kind?: "person" | "api_key" | "command_line" | "system" | "visitor";
      /** An e-mail address, or the name of a key. */
      readonly name?: string;
    };
  };
  /** A webhook or action was deleted. */
  "subscription.deleted": {
    /** The id of the webhook or action. */
    readonly id: string;
    /** Which of the two it is. */
    readonly kind?: "action" | "webhook";
    /** A name for people. */
    readonly name?: string;
    /** Who did it. */
    readonly actor?: {
      /** A person, a key, or Hookline itself. */
      readonly kind?: "person" | "api_key" | "command_line" | "system" | "visitor";
      /** An e-mail address, or the name of a key. */
      readonly name?: string;
    };
  };
  /** A delivery failed permanently. No retries are left. */
  "delivery.failed": {
    /** The delivery. */
    readonly id: string;
    /** The webhook or action. */
    readonly subscription?: {
      /** Its id. */
      readonly id?: string;
      /** Which of the two it is. */
      readonly kind?: "action" | "webhook";
      /** A name for people. */
      readonly name?: string;
    };
    /** The event that did not arrive. */
    readonly event?: {
      /** Its id. */
      readonly id?: string;
      /** The event type. */
      readonly type?: string;
    };
    /** How many attempts were made. */
    readonly tries?: number;
    /** The status code of the last answer; null if there was none. */
    readonly status_code?: number | null;
    /** Why the last attempt failed. */
    readonly error?: string | null;
  };
  /** A replay of many deliveries ended. */
  "replay.finished": {
    /** The replay. */
    readonly id: string;
    /** How it ended. */
    readonly status?: "finished" | "cancelled";
    /** How many deliveries there were. */
    readonly total?: number | null;
    /** How many were sent again. */
    readonly replayed?: number;
    /** How many had not ended and were retried at once. */
    readonly retried?: number;
    /** How many missed events were sent. */
    readonly recovered?: number;
    /** How many were skipped because their webhook or action is off. */
    readonly skipped?: number;
    /** The person or key that started it. */
    readonly requested_by?: string;
  };
  /** A webhook got a new signing secret. */
  "secret.rotated": {
    /** The webhook or action. Never the secret. */
    readonly id: string;
    /** Which of the two it is. */
    readonly kind?: "action" | "webhook";
    /** A name for people. */
    readonly name?: string;
    /** How long the previous secret signs too. null if it does not. */
    readonly previous_expires_at?: string;
    /** Who did it. */
    readonly actor?: {
      /** A person, a key, or Hookline itself. */
      readonly kind?: "person" | "api_key" | "command_line" | "system" | "visitor";
      /** An e-mail address, or the name of a key. */
      readonly name?: string;
    };
  };
  /** The previous signing secret of a webhook stops signing within an hour. */
  "secret.expiring": {
    /** The id of the webhook or action. */
    readonly id: string;
    /** Which of the two it is. */
    readonly kind?: "action" | "webhook";
    /** A name for people. */
    readonly name?: string;
    /** How long the previous secret signs too. */
    readonly previous_expires_at?: string;
  };
  /** An API key was created. */
  "api_key.created": {
    /** The key. Never its token. */
    readonly id: string;
    /** A name for people. */
    readonly name?: string;
    /** The scopes of the key. */
    readonly scopes?: readonly string[];
    /** When it expires. null for never. */
    readonly expires_at?: string;
    /** Who did it. */
    readonly actor?: {
      /** A person, a key, or Hookline itself. */
      readonly kind?: "person" | "api_key" | "command_line" | "system" | "visitor";
      /** An e-mail address, or the name of a key. */
      readonly name?: string;
    };
  };
  /** An API key was replaced by a new one. */
  "api_key.rotated": {
    /** The key. Never its token. */
    readonly id: string;
    /** A name for people. */
    readonly name?: string;
    /** The new key. */
    readonly replaced_by?: string;
    /** How many more hours the old key works. */
    readonly overlap_hours?: number;
    /** Who did it. */
    readonly actor?: {
      /** A person, a key, or Hookline itself. */
      readonly kind?: "person" | "api_key" | "command_line" | "system" | "visitor";
      /** An e-mail address, or the name of a key. */
      readonly name?: string;
    };
  };
  /** An API key was revoked. */
  "api_key.revoked": {
    /** The key. Never its token. */
    readonly id: string;
    /** A name for people. */
    readonly name?: string;
    /** Who did it. */
    readonly actor?: {
      /** A person, a key, or Hookline itself. */
      readonly kind?: "person" | "api_key" | "command_line" | "system" | "visitor";
      /** An e-mail address, or the name of a key. */
      readonly name?: string;
    };
  };
  /** An API key expires soon, and was not rotated. */
  "api_key.expiring": {
    /** The key. Never its token. */
    readonly id: string;
    /** A name for people. */
    readonly name?: string;
    /** When it expires. */
    readonly expires_at?: string;
  };
  /** Sent when a webhook is created or its URL changes, to show that requests arrive. */
  "webhook.ping": {
    /** A sentence for people. */
    readonly message: string;
  };
}
