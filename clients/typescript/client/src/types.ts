// Made of docs/openapi.json by generate.py.

/** An event that was accepted. */
export interface Accepted {
  readonly id: string;
  readonly type: string;
  /** How many deliveries the event has. */
  readonly deliveries: number;
  /** Present after a wait: the deliveries, newest first, up to a hundred. */
  readonly results?: readonly Delivery[];
}

/** Events that were accepted, in the order of the batch. */
export interface AcceptedBatch {
  readonly events: readonly Accepted[];
}

/** A page of actions. */
export interface ActionPage {
  readonly data: readonly (WebhookAction | EmailAction)[];
  /** Send it as `cursor` to get the next page. It is null on the last page. */
  readonly next_cursor: string | null;
}

/** Changes to an action. Absent members stay as they are. */
export interface ActionPatch {
  readonly channel?: "email" | "webhook";
  /** A name for people. */
  readonly name?: string;
  /** A note for your team. */
  readonly description?: string;
  /** The names of the event types to send. A webhook also accepts `customer.*` for all types that begin with `customer.`, and `*` for all types. Both include types that are registered later. */
  readonly event_types?: readonly string[];
  /** Send only events about this subject; null for all. */
  readonly scope?: Scope | null;
  /** Up to 20 conditions on fields of the event. */
  readonly conditions?: readonly Condition[];
  /** `all` or `any`: how many of the conditions must match. */
  readonly match?: Match;
  /** Up to 50 paths: send updates only if one of these fields changed; an empty list for any change. */
  readonly changed_fields?: readonly string[];
  /** When failed deliveries are retried: a policy by its name, delays in seconds, or retries that wait twice as long each time. */
  readonly retry_policy?: string | Record<string, boolean | number | string | readonly (boolean | number | string | null)[] | null>;
  /** How many deliveries may start per second; null for no limit. */
  readonly rate_limit?: number | null;
  /** Whether owners and admins get an e-mail when deliveries fail permanently. */
  readonly failure_mail?: boolean;
  /** Up to 20 of your own texts by key. Never sent to endpoints. */
  readonly metadata?: Record<string, string>;
  /** Whether it is switched on. Nothing is sent while it is off. */
  readonly enabled?: boolean;
  /** Where events are sent; https in live mode. */
  readonly url?: string;
  /** The body, headers and signature of a request. */
  readonly wire_format?: "standard" | "pivra" | "pivotal" | "pollybot" | "pivot" | "inqyra" | "github" | "stripe" | "svix" | "shopify" | "cloudevents" | "slack" | "discord" | "teams";
  /** How many seconds an answer may take; null for the operator's limit. */
  readonly timeout?: number | null;
  /** Up to 20 custom headers. Their values are never shown. */
  readonly headers?: Record<string, string>;
  /** 1 to 20 e-mail addresses. */
  readonly email_to?: readonly string[];
  /** The subject, with fields of the event such as `New lead: {{ data.name }}`; null for a subject made from the event. */
  readonly email_subject?: string | null;
  /** When a digest is sent; null for one e-mail per event, at once. */
  readonly schedule?: Schedule | null;
}

/** Who made the change. `name` and `id` are kept when the actor is deleted. */
export interface Actor {
  readonly kind: "person" | "api_key" | "command_line" | "system" | "visitor" | null;
  readonly name: string;
  /** The id of a person or an API key. */
  readonly id: string | null;
}

/** Who did something. `visitor`: someone who is not logged in; `system`: Hookline itself. */
export type ActorKind = "api_key" | "command_line" | "person" | "system" | "visitor";

/** The answer that senders get. */
export interface AnswerBody {
  readonly status?: number;
  readonly delay_ms?: number;
  /** The body of the answer, up to 4,096 bytes. */
  readonly body?: string;
  readonly content_type?: "json" | "text";
}

/** An API key. Its token is shown once, in the answer that creates or rotates it. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** The last characters of the token. */
  readonly hint: string;
  readonly scopes: readonly string[];
  readonly created_at: string;
  /** The person or key that created it. */
  readonly created_by: string | null;
  readonly expires_at: string | null;
  /** When it was last used, to the minute. */
  readonly last_used_at: string | null;
  readonly last_used_ip: string | null;
  /** The key that replaced it. */
  readonly replaced_by: string | null;
  /** Present only in the answer that creates or rotates the key. */
  readonly token?: string;
}

/** A page of a list. */
export interface ApiKeyPage {
  readonly data: readonly ApiKey[];
  /** Send it as `cursor` to get the next page. It is null on the last page. */
  readonly next_cursor: string | null;
}

/** One try of a delivery. */
export interface Attempt {
  /** The number of the attempt, from 1. */
  readonly number: number;
  /** `succeeded`, `failed`, or `lost` when the worker died before it could store the answer. */
  readonly outcome: string;
  /** The kind of failure, such as `timeout`. */
  readonly failure: string | null;
  /** The reason of the failure, as a sentence. */
  readonly error: string | null;
  /** The status code of the answer. */
  readonly status_code: number | null;
  readonly url: string;
  readonly request_headers: Record<string, string>;
  /** Names and values. A name can appear more than once. */
  readonly response_headers: readonly ([string, string])[];
  readonly response_body: string;
  /** Whether the body was longer than what is kept. */
  readonly response_truncated: boolean;
  readonly started_at: string;
  readonly duration_ms: number;
}

/** A page of a list. */
export interface AttemptPage {
  readonly data: readonly Attempt[];
  /** Send it as `cursor` to get the next page. It is null on the last page. */
  readonly next_cursor: string | null;
}

/** An entry of the audit log. Entries never change. */
export interface AuditEntry {
  readonly id: string;
  readonly created_at: string;
  readonly actor: Actor;
  /** What was done, such as `webhook.created`. */
  readonly action: string;
  readonly target: Target;
  /** `live` or `test`; null for what both share, such as members. */
  readonly mode: string | null;
  /** Details. Never a secret. */
  readonly detail: Record<string, unknown>;
  readonly ip: string | null;
  readonly user_agent: string | null;
}

/** A page of a log. */
export interface AuditEntryPage {
  readonly data: readonly AuditEntry[];
  /** Send it as `cursor` to get the next page. It is null on the last page. */
  readonly next_cursor: string | null;
  /** How far back this page has searched the log. It is null on the last page. */
  readonly searched_back_to: string | null;
}

/** Many events at once. */
export interface BatchBody {
  readonly events: readonly EventBody[];
}

/** A webhook that was just changed. */
export interface ChangedChatbotWebhook {
  readonly message: string;
  readonly webhook: ChatbotWebhook;
}

/** A webhook in Pollybot's terms. It has `secret` only in the answer that creates it. */
export interface ChatbotWebhook {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly secret?: string;
  readonly eventTypes: readonly string[];
  readonly isActive: boolean;
  readonly maxRetries: number;
  readonly retryDelay: number;
  readonly successCount: number;
  readonly failureCount: number;
  readonly lastTriggeredAt?: string | null;
  readonly lastSuccessAt?: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A webhook of a chatbot, in Pollybot's words. */
export interface ChatbotWebhookBody {
  readonly isActive?: boolean;
  readonly maxRetries?: number;
  readonly retryDelay?: number;
  /** Ignored. */
  readonly id?: unknown;
  /** Ignored. */
  readonly successCount?: unknown;
  /** Ignored. */
  readonly failureCount?: unknown;
  /** Ignored. */
  readonly lastTriggeredAt?: unknown;
  /** Ignored. */
  readonly lastSuccessAt?: unknown;
  /** Ignored. */
  readonly createdAt?: unknown;
  /** Ignored. */
  readonly updatedAt?: unknown;
  readonly name: string;
  readonly url: string;
  readonly eventTypes: readonly string[];
}

/** Changes to a webhook. Absent members stay as they are. Members that only Hookline sets can be sent back; they change nothing. */
export interface ChatbotWebhookPatch {
  readonly name?: string;
  readonly url?: string;
  readonly eventTypes?: readonly string[];
  readonly isActive?: boolean;
  readonly maxRetries?: number;
  readonly retryDelay?: number;
  /** Ignored. */
  readonly id?: unknown;
  /** Ignored. */
  readonly successCount?: unknown;
  /** Ignored. */
  readonly failureCount?: unknown;
  /** Ignored. */
  readonly lastTriggeredAt?: unknown;
  /** Ignored. */
  readonly lastSuccessAt?: unknown;
  /** Ignored. */
  readonly createdAt?: unknown;
  /** Ignored. */
  readonly updatedAt?: unknown;
}

/** The webhooks of a chatbot. */
export interface ChatbotWebhooks {
  readonly webhooks: readonly ChatbotWebhook[];
  readonly total: number;
}

/** A field of the event, and what must be true of it. */
export interface Condition {
  readonly field: string;
  readonly operator: string;
  readonly value?: boolean | number | string | readonly (boolean | number | string)[] | null;
}

/** How many deliveries match. */
export interface Count {
  readonly count: number;
  /** Whether there may be more than `count`. */
  readonly at_least: boolean;
}

/** How the deliveries ended. */
export interface Counters {
  readonly delivered: number;
  readonly failed: number;
  readonly failed_attempts: number;
  readonly last_attempt_at: string | null;
  readonly last_success_at: string | null;
  readonly failing_since: string | null;
}

/** How many attempts had each result. */
export interface Counts {
  /** Attempts that delivered. */
  readonly delivered: number;
  /** Attempts that failed and were retried later. */
  readonly retrying: number;
  /** Last attempts that failed. */
  readonly failed: number;
}

/** A webhook that was just created, with its secret. */
export interface CreatedChatbotWebhook {
  readonly message: string;
  readonly webhook: ChatbotWebhook;
  readonly security: Security;
}

/** A webhook that was just deleted. */
export interface DeletedChatbotWebhook {
  readonly message: string;
}

/** One event for one webhook or action. `request_body` and `attempts` are present only when a single delivery is read. */
export interface Delivery {
  readonly id: string;
  readonly event: Event;
  /** The id of the webhook or action. */
  readonly subscription_id: string;
  /** What caused the delivery. */
  readonly trigger: "event" | "replay" | "recovery" | "test";
  /** The id of the delivery that this one repeats. */
  readonly replay_of: string | null;
  readonly status: "pending" | "sending" | "retrying" | "delivered" | "failed" | "cancelled";
  /** How many attempts were made. */
  readonly tries: number;
  /** How many attempts failed. */
  readonly failures: number;
  /** The status code of the last answer. */
  readonly status_code: number | null;
  /** Why the last attempt failed. */
  readonly error: string | null;
  readonly next_try_at: string | null;
  readonly created_at: string;
  readonly finished_at: string | null;
  readonly request_body?: string | null;
  readonly attempts?: readonly Attempt[];
}

/** A filter of deliveries; an absent member means any. */
export interface DeliveryFilter {
  /** The id of a webhook or an action. */
  readonly subscription_id?: string | null;
  /** Deliveries of webhooks or of actions. */
  readonly kind?: SubscriptionKind | null;
  /** The name of an event type. */
  readonly event_type?: string | null;
  /** The state of the delivery. */
  readonly status?: DeliveryStatus | null;
  /** The status code of the last answer: one code such as `404`, or a class such as `5xx`. */
  readonly status_code?: string | null;
  /** A text in the error, in the event's data, type or subject, in the name of the webhook or action, or an id of one of them. Upper and lower case are the same. The whole id of a delivery or event finds only that, however old it is. */
  readonly text?: string | null;
  /** A path into the event's data, and a text in its value, as `email: ada@example.com`. Upper and lower case are the same. */
  readonly field?: string | null;
  /** The id of the chatbot, room or space that the event is about. */
  readonly subject?: string | null;
  /** A text in what the receiver answered to any attempt, in upper and lower case as written. */
  readonly response?: string | null;
  /** The id of an event. */
  readonly event_id?: string | null;
  /** `true` for deliveries that never arrived: failed or cancelled, and not replayed since. */
  readonly missing?: boolean;
  /** Created at this time or later. */
  readonly since?: string | Date | null;
  /** Created before this time. */
  readonly until?: string | Date | null;
}

/** A page of a log. */
export interface DeliveryPage {
  readonly data: readonly Delivery[];
  /** Send it as `cursor` to get the next page. It is null on the last page. */
  readonly next_cursor: string | null;
  /** How far back this page has searched the log. It is null on the last page. */
  readonly searched_back_to: string | null;
}

export type DeliveryStatus = "cancelled" | "delivered" | "failed" | "pending" | "retrying" | "sending";

/** An event that was derived from a message. */
export interface DerivedEvent {
  readonly id: string;
  readonly type: string;
}

/** A code to compare, and a page on which to approve it. */
export interface Device {
  /** Only for the program: it asks with this. */
  readonly device_code: string;
  /** The code that the person compares in the dashboard. */
  readonly user_code: string;
  readonly verification_uri: string;
  /** The same with the code. */
  readonly verification_uri_complete: string;
  /** Seconds. */
  readonly expires_in: number;
  /** Seconds between two questions. */
  readonly interval: number;
}

/** Which program asks for a key. */
export interface DeviceBody {
  /** The name that the approving person sees. */
  readonly client: string;
  /** What the key may do. Whoever approves it can choose something else. */
  readonly preset?: "ingest" | "read" | "manage" | "develop" | "all";
}

/** What an event would lead to. */
export interface DryRun {
  readonly type: string;
  /** How many deliveries the event would have. */
  readonly deliveries: number;
  /** Every webhook and action, those that would fire first. Present only for a key with `events:read`. */
  readonly explanations?: readonly Explanation[];
}

/** An action that sends e-mail, and its state. */
export interface EmailAction {
  readonly channel: "email";
  readonly id: string;
  /** A name for people. */
  readonly name: string;
  /** A note for your team. */
  readonly description: string;
  /** The names of the event types to send. A webhook also accepts `customer.*` for all types that begin with `customer.`, and `*` for all types. Both include types that are registered later. */
  readonly event_types: readonly string[];
  /** Send only events about this subject; null for all. */
  readonly scope: Scope | null;
  /** Up to 20 conditions on fields of the event. */
  readonly conditions: readonly Condition[];
  /** `all` or `any`: how many of the conditions must match. */
  readonly match: Match;
  /** Up to 50 paths: send updates only if one of these fields changed; an empty list for any change. */
  readonly changed_fields: readonly string[];
  /** When failed deliveries are retried: a policy by its name, delays in seconds, or retries that wait twice as long each time. */
  readonly retry_policy: string | Record<string, boolean | number | string | readonly (boolean | number | string | null)[] | null>;
  /** How many deliveries may start per second; null for no limit. */
  readonly rate_limit: number | null;
  /** Whether owners and admins get an e-mail when deliveries fail permanently. */
  readonly failure_mail: boolean;
  /** Whether it is switched on. Nothing is sent while it is off. */
  readonly enabled: boolean;
  /** Up to 20 of your own texts by key. Never sent to endpoints. */
  readonly metadata: Record<string, string>;
  /** 1 to 20 e-mail addresses. */
  readonly email_to: readonly string[];
  /** The subject, with fields of the event such as `New lead: {{ data.name }}`; null for a subject made from the event. */
  readonly email_subject: string | null;
  /** When a digest is sent; null for one e-mail per event, at once. */
  readonly schedule: Schedule | null;
  /** Why Hookline switched it off; null if it did not. */
  readonly disabled_reason: string | null;
  readonly counters: Counters;
  readonly created_at: string;
  readonly updated_at: string;
  /** Your own key of it, from the path of a PUT. */
  readonly key: string | null;
  /** When it was paused; null if it is not. */
  readonly paused_at: string | null;
  /** When it resumes by itself; null if it does not. */
  readonly paused_until: string | null;
}

/** Something that happened. */
export interface Event {
  readonly id: string;
  readonly type: string;
  readonly subject: Subject | null;
  readonly occurred_at: string;
}

/** Something that happened. */
export interface EventBody {
  /** The name of an event type. */
  readonly type: string;
  /** The data of the event. It is stored, signed and sent byte for byte. */
  readonly data: Record<string, unknown>;
  /** What the event is about. */
  readonly subject?: SubjectBody | null;
  /** Short for a `subject` of type `chatbot`. */
  readonly chatbot_id?: string | null;
  /** Your own id of the event. It makes a repeat harmless. */
  readonly id?: string | null;
  /** When it happened. The default is the current time. */
  readonly timestamp?: string | Date | null;
  /** For updates: the paths of the changed fields, up to 100. */
  readonly changed?: readonly string[] | null;
}

/** Something that can happen. */
export interface EventType {
  readonly name: string;
  readonly title: string;
  /** When such an event happens. */
  readonly description: string;
  /** The heading it is listed under. */
  readonly group: string;
  /** The name of the type in the wire format `pollybot`. */
  readonly pollybot_name: string;
  /** A realistic `data`, which tests send. */
  readonly sample: Record<string, unknown>;
  /** A JSON Schema (2020-12) of `data`. */
  readonly schema: Record<string, unknown> | boolean | null;
  /** Whether your organisation registered it. */
  readonly own: boolean;
}

/** An event type of your own. */
export interface EventTypeBody {
  /** A title for people. The default is made from the name. */
  readonly title?: string;
  /** When such an event happens. */
  readonly description?: string;
  /** The heading it is listed under. */
  readonly group?: string;
  /** A JSON Schema (2020-12) of `data`, or null. */
  readonly schema?: Record<string, unknown> | boolean | null;
  /** A realistic `data`, which tests send: an object of at most 32 KiB. */
  readonly sample: Record<string, unknown>;
  /** An object and what happened to it, in lower case, such as `order.paid`. It cannot be changed later. */
  readonly name: string;
}

/** A page of a list. */
export interface EventTypePage {
  readonly data: readonly EventType[];
  /** Send it as `cursor` to get the next page. It is null on the last page. */
  readonly next_cursor: string | null;
}

/** Changes to an event type. Absent members stay as they are. */
export interface EventTypePatch {
  /** A title for people. The default is made from the name. */
  readonly title?: string;
  /** When such an event happens. */
  readonly description?: string;
  /** The heading it is listed under. */
  readonly group?: string;
  /** A realistic `data`, which tests send: an object of at most 32 KiB. */
  readonly sample?: Record<string, unknown>;
  /** A JSON Schema (2020-12) of `data`, or null. */
  readonly schema?: Record<string, unknown> | boolean | null;
}

/** A complete event type of your own. Absent members get their defaults. */
export interface EventTypePut {
  /** A title for people. The default is made from the name. */
  readonly title?: string;
  /** When such an event happens. */
  readonly description?: string;
  /** The heading it is listed under. */
  readonly group?: string;
  /** A JSON Schema (2020-12) of `data`, or null. */
  readonly schema?: Record<string, unknown> | boolean | null;
  /** A realistic `data`, which tests send: an object of at most 32 KiB. */
  readonly sample: Record<string, unknown>;
}

/** Why a current webhook or action matches an event or not. */
export interface Explanation {
  readonly subscription_id: string;
  readonly kind: "action" | "webhook";
  readonly name: string;
  readonly enabled: boolean;
  /** Whether this event was sent to it. */
  readonly delivered: boolean;
  /** Whether it would match now. */
  readonly would_fire: boolean;
  readonly asks_for_type: boolean;
  readonly in_scope: boolean;
  /** Whether `changed_fields` let it pass. */
  readonly change_wanted: boolean;
  readonly conditions_hold: boolean;
  readonly conditions: readonly JudgedCondition[];
  /** Whether its settings cannot be read. Then nothing matches. */
  readonly unreadable: boolean;
}

/** A page of a list. */
export interface ExplanationPage {
  readonly data: readonly Explanation[];
  /** Send it as `cursor` to get the next page. It is null on the last page. */
  readonly next_cursor: string | null;
}

/** One fault, and where it is: in the body, in the query or in a header. */
export interface Fault {
  /** What is wrong, as a sentence. */
  readonly detail: string;
  /** A JSON pointer into the body. */
  readonly pointer?: string;
  /** The name of a parameter in the path or query. */
  readonly parameter?: string;
  /** The name of a header. */
  readonly header?: string;
}

/** How often digests are sent (Pivra, "Activity digests"). */
export type Frequency = "daily" | "every_2_days" | "every_4_hours" | "every_6_hours" | "hourly" | "weekly";

/** A REST Hook. It is a webhook too, with the same id. */
export interface Hook {
  readonly id: string;
  readonly target_url: string;
  /** The event type; the first one of a webhook with several. */
  readonly event: string;
}

/** What to send, and where. */
export interface HookBody {
  /** Where events are sent; https in live mode. */
  readonly target_url: string;
  /** The name of an event type. */
  readonly event: string;
}

/** A body as a REST Hook gets it. */
export interface HookSample {
  /** The id of the event. */
  readonly id: string;
  /** The event type. */
  readonly event: string;
  readonly timestamp: string;
  readonly subject: Subject | null;
  readonly data: Record<string, unknown>;
}

/** A private URL that shows what is sent to it. */
export interface Inbox {
  readonly id: string;
  readonly name: string;
  /** The URL to send to. It accepts POST and PUT without a key. */
  readonly url: string;
  readonly answer: AnswerBody;
  readonly checks_signatures: boolean;
  /** How many requests are kept. */
  readonly requests: number;
  readonly last_received_at: string | null;
  readonly created_at: string;
}

/** A page of a list. */
export interface InboxPage {
  readonly data: readonly Inbox[];
  /** Send it as `cursor` to get the next page. It is null on the last page. */
  readonly next_cursor: string | null;
}

/** Changes to an inbox. */
export interface InboxPatch {
  readonly answer: AnswerBody;
}

/** A request that an inbox received. */
export interface InboxRequest {
  readonly id: string;
  readonly received_at: string;
  readonly method: string;
  /** The sender's IP address. */
  readonly source: string;
  /** The event type that was found in the request, or empty. */
  readonly event: string;
  /** Empty if none was found. */
  readonly delivery_id: string;
  /** Names and values, without credentials. A name can appear more than once. */
  readonly headers: readonly ([string, string])[];
  /** The body. JSON is indented, and in lists long bodies are cut. */
  readonly body: string;
  /** The size of the body in bytes. */
  readonly size: number;
  /** The lead in the request, as far as one was found. */
  readonly lead: Record<string, string>;
  readonly answered_status: number;
  readonly signature: Signature;
}

/** A page of a list. */
export interface InboxRequestPage {
  readonly data: readonly InboxRequest[];
  /** Send it as `cursor` to get the next page. It is null on the last page. */
  readonly next_cursor: string | null;
}

/** An open invitation. */
export interface Invitation {
  readonly id: string;
  readonly email: string;
  readonly role: "owner" | "admin" | "viewer";
  readonly invited_by: string;
  readonly created_at: string;
  readonly expires_at: string;
  /** Whether the link works. It does not when it has expired, or when the sender may no longer invite. Then send it again. */
  readonly works: boolean;
}

/** Whom to invite. */
export interface InvitationBody {
  /** They get a link by mail, valid for 7 days. */
  readonly email: string;
  /** `admin` or `viewer`. */
  readonly role?: Role;
}

/** A page of a list. */
export interface InvitationPage {
  readonly data: readonly Invitation[];
  /** Send it as `cursor` to get the next page. It is null on the last page. */
  readonly next_cursor: string | null;
}

/** A condition and its result. */
export interface JudgedCondition {
  readonly field: string;
  readonly operator: string;
  /** Any JSON value. */
  readonly value: unknown;
  readonly passed: boolean;
  /** Whether the condition was tried. It is not when the budget was used up. */
  readonly tried: boolean;
  /** Whether the event has the field. */
  readonly found: boolean;
  /** The value that was found: a text of up to 1,000 characters, a number or a boolean. */
  readonly actual: string | number | boolean | null;
}

/** The key itself, without its token. */
export interface Key {
  readonly id: string;
  readonly name: string;
  /** The last characters of the token. */
  readonly hint: string;
  readonly scopes: readonly string[];
  readonly expires_at: string | null;
}

/** How long delivered attempts took, in milliseconds. Upper bounds of buckets. null where nothing was delivered, or it took over 15 s. */
export interface Latency {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** A computer that receives deliveries. */
export interface Listener {
  /** Also that of its webhook. */
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly event_types: readonly string[];
  readonly wire_format: string;
  readonly enabled: boolean;
  readonly paused_at: string | null;
  /** Your own. */
  readonly key: string | null;
  /** When it ends without a further visit. */
  readonly expires_at: string;
  readonly created_at: string;
  /** Present only when it is started. */
  readonly session?: string;
  /** The signing secret. Present only when it is started. */
  readonly secret?: string;
}

/** A page of a list. */
export interface ListenerPage {
  readonly data: readonly Listener[];
  /** Send it as `cursor` to get the next page. It is null on the last page. */
  readonly next_cursor: string | null;
}

/** The result of one attempt. Without `failure`, `status_code` is the answer. */
export interface ListenerResult {
  readonly delivery_id: string;
  readonly number: number;
  /** The timestamp with which it was taken. */
  readonly timestamp: number;
  readonly duration_ms: number;
  readonly status_code?: number | null;
  readonly headers?: readonly ([string, string])[];
  /** In Base64. 16,384 bytes of it are kept. */
  readonly body?: string;
  readonly truncated?: boolean;
  readonly failure?: "connect" | "dns" | "network" | "timeout" | "tls" | null;
  /** Why it failed, in a sentence. */
  readonly error?: string;
}

export type Match = "all" | "any";

/** A member of the organisation. */
export interface Member {
  readonly id: string;
  readonly email: string;
  /** The member's name. It is empty until they enter one. */
  readonly name: string;
  readonly role: "owner" | "admin" | "viewer";
}

/** A page of a list. */
export interface MemberPage {
  readonly data: readonly Member[];
  /** Send it as `cursor` to get the next page. It is null on the last page. */
  readonly next_cursor: string | null;
}

/** Changes to a member. */
export interface MemberPatch {
  /** `admin` or `viewer`. */
  readonly role: Role;
}

/** A message that was accepted, and the events that followed. */
export interface Message {
  readonly conversation_id: string;
  readonly events: readonly DerivedEvent[];
}

/** Something that was said in a conversation. */
export interface MessageBody {
  /** Your own id of the conversation. */
  readonly conversation_id: string;
  /** Who wrote the message. */
  readonly role: Speaker;
  /** The text, at most 16 KiB. It can be empty. */
  readonly text: string;
  /** When it was written, at most a day in the future. The default is the current time. */
  readonly at?: string | Date | null;
  /** Your own id of the message. It makes a repeat harmless. */
  readonly id?: string | null;
}

/** Messages that were accepted, in the order of the batch. */
export interface Messages {
  readonly messages: readonly Message[];
}

/** Many messages at once, in the order in which they were written. */
export interface MessagesBody {
  readonly messages: readonly MessageBody[];
}

/** A new key, in the mode of the key that creates it. Give `scopes` or a `preset`. */
export interface NewApiKey {
  /** A name for people. */
  readonly name: string;
  /** What the key may do. The key that creates it must have these scopes too. */
  readonly scopes?: readonly string[] | null;
  /** Scopes that are often used together. */
  readonly preset?: "ingest" | "read" | "manage" | "develop" | "all" | null;
  /** When it expires, within 5 years, or null for never. By default it expires with the key that creates it. */
  readonly expires_at?: string | Date | null;
}

/** An action that sends e-mail. */
export interface NewEmailAction {
  /** `webhook` or `email`. */
  readonly channel: "email";
  /** A name for people. */
  readonly name: string;
  /** The names of the event types to send. A webhook also accepts `customer.*` for all types that begin with `customer.`, and `*` for all types. Both include types that are registered later. */
  readonly event_types: readonly string[];
  /** 1 to 20 e-mail addresses. */
  readonly email_to: readonly string[];
  /** A note for your team. */
  readonly description?: string;
  /** Send only events about this subject; null for all. */
  readonly scope?: Scope | null;
  /** Up to 20 conditions on fields of the event. */
  readonly conditions?: readonly Condition[];
  /** `all` or `any`: how many of the conditions must match. */
  readonly match?: Match;
  /** Up to 50 paths: send updates only if one of these fields changed; an empty list for any change. */
  readonly changed_fields?: readonly string[];
  /** When failed deliveries are retried: a policy by its name, delays in seconds, or retries that wait twice as long each time. */
  readonly retry_policy?: string | Record<string, boolean | number | string | readonly (boolean | number | string | null)[] | null>;
  /** How many deliveries may start per second; null for no limit. */
  readonly rate_limit?: number | null;
  /** Whether owners and admins get an e-mail when deliveries fail permanently. */
  readonly failure_mail?: boolean;
  /** Up to 20 of your own texts by key. Never sent to endpoints. */
  readonly metadata?: Record<string, string>;
  /** Whether it is switched on. Nothing is sent while it is off. */
  readonly enabled?: boolean;
  /** The subject, with fields of the event such as `New lead: {{ data.name }}`; null for a subject made from the event. */
  readonly email_subject?: string | null;
  /** When a digest is sent; null for one e-mail per event, at once. */
  readonly schedule?: Schedule | null;
}

/** A new inbox. */
export interface NewInbox {
  readonly name: string;
  /** The secret for checking signatures. Without it, signatures are not checked. */
  readonly secret?: string;
  readonly answer?: AnswerBody | null;
}

/** Which events a computer receives. */
export interface NewListener {
  /** The local URL to which the computer sends its deliveries. Hookline never calls it. */
  readonly url: string;
  /** A name for your team. */
  readonly name?: string;
  /** The names of the event types to send. A webhook also accepts `customer.*` for all types that begin with `customer.`, and `*` for all types. Both include types that are registered later. */
  readonly event_types?: readonly string[];
  /** Send only events about this subject; null for all. */
  readonly scope?: Scope | null;
  /** Up to 20 conditions on fields of the event. */
  readonly conditions?: readonly Condition[];
  /** `all` or `any`: how many of the conditions must match. */
  readonly match?: Match;
  /** Up to 50 paths: send updates only if one of these fields changed; an empty list for any change. */
  readonly changed_fields?: readonly string[];
  /** The body, headers and signature of a request. */
  readonly wire_format?: "standard" | "pivra" | "pivotal" | "pollybot" | "pivot" | "inqyra" | "github" | "stripe" | "svix" | "shopify" | "cloudevents" | "slack" | "discord" | "teams";
  /** How many seconds an answer may take; null for the operator's limit. */
  readonly timeout?: number | null;
  /** When failed deliveries are retried: a policy by its name, delays in seconds, or retries that wait twice as long each time. */
  readonly retry_policy?: string | Record<string, boolean | number | string | readonly (boolean | number | string | null)[] | null>;
  /** A signing secret of your own. Made for you if absent. */
  readonly secret?: string | null;
  /** Your own name for it, such as that of the computer. A listener with that key that has not ended is taken up again. */
  readonly key?: string | null;
  /** How many seconds it is kept without a visit. */
  readonly keep_for?: number;
}

/** A new webhook, which may have its own signing secret. */
export interface NewWebhook {
  /** A name for people. */
  readonly name: string;
  /** A note for your team. */
  readonly description?: string;
  /** The names of the event types to send. A webhook also accepts `customer.*` for all types that begin with `customer.`, and `*` for all types. Both include types that are registered later. */
  readonly event_types: readonly string[];
  /** Send only events about this subject; null for all. */
  readonly scope?: Scope | null;
  /** Up to 20 conditions on fields of the event. */
  readonly conditions?: readonly Condition[];
  /** `all` or `any`: how many of the conditions must match. */
  readonly match?: Match;
  /** Up to 50 paths: send updates only if one of these fields changed; an empty list for any change. */
  readonly changed_fields?: readonly string[];
  /** When failed deliveries are retried: a policy by its name, delays in seconds, or retries that wait twice as long each time. */
  readonly retry_policy?: string | Record<string, boolean | number | string | readonly (boolean | number | string | null)[] | null>;
  /** How many deliveries may start per second; null for no limit. */
  readonly rate_limit?: number | null;
  /** Whether owners and admins get an e-mail when deliveries fail permanently. */
  readonly failure_mail?: boolean;
  /** Up to 20 of your own texts by key. Never sent to endpoints. */
  readonly metadata?: Record<string, string>;
  /** Whether it is switched on. Nothing is sent while it is off. */
  readonly enabled?: boolean;
  /** Where events are sent; https in live mode. */
  readonly url: string;
  /** The body, headers and signature of a request. */
  readonly wire_format?: "standard" | "pivra" | "pivotal" | "pollybot" | "pivot" | "inqyra" | "github" | "stripe" | "svix" | "shopify" | "cloudevents" | "slack" | "discord" | "teams";
  /** How many seconds an answer may take; null for the operator's limit. */
  readonly timeout?: number | null;
  /** Up to 20 custom headers. Their values are never shown. */
  readonly headers?: Record<string, string>;
  /** Generated if absent. */
  readonly secret?: string;
}

/** An action that sends a webhook. */
export interface NewWebhookAction {
  /** A name for people. */
  readonly name: string;
  /** The names of the event types to send. A webhook also accepts `customer.*` for all types that begin with `customer.`, and `*` for all types. Both include types that are registered later. */
  readonly event_types: readonly string[];
  /** Where events are sent; https in live mode. */
  readonly url: string;
  /** `webhook` or `email`. */
  readonly channel?: "webhook";
  /** A note for your team. */
  readonly description?: string;
  /** Send only events about this subject; null for all. */
  readonly scope?: Scope | null;
  /** Up to 20 conditions on fields of the event. */
  readonly conditions?: readonly Condition[];
  /** `all` or `any`: how many of the conditions must match. */
  readonly match?: Match;
  /** Up to 50 paths: send updates only if one of these fields changed; an empty list for any change. */
  readonly changed_fields?: readonly string[];
  /** When failed deliveries are retried: a policy by its name, delays in seconds, or retries that wait twice as long each time. */
  readonly retry_policy?: string | Record<string, boolean | number | string | readonly (boolean | number | string | null)[] | null>;
  /** How many deliveries may start per second; null for no limit. */
  readonly rate_limit?: number | null;
  /** Whether owners and admins get an e-mail when deliveries fail permanently. */
  readonly failure_mail?: boolean;
  /** Up to 20 of your own texts by key. Never sent to endpoints. */
  readonly metadata?: Record<string, string>;
  /** Whether it is switched on. Nothing is sent while it is off. */
  readonly enabled?: boolean;
  /** The body, headers and signature of a request. */
  readonly wire_format?: "standard" | "pivra" | "pivotal" | "pollybot" | "pivot" | "inqyra" | "github" | "stripe" | "svix" | "shopify" | "cloudevents" | "slack" | "discord" | "teams";
  /** How many seconds an answer may take; null for the operator's limit. */
  readonly timeout?: number | null;
  /** Up to 20 custom headers. Their values are never shown. */
  readonly headers?: Record<string, string>;
  /** Generated if absent. */
  readonly secret?: string;
}

/** A notification in the dashboard. */
export interface Notification {
  readonly id: string;
  /** The kind of notification, such as `delivery_failed` or `key_expiring`. */
  readonly kind: string;
  readonly title: string;
  readonly body: string;
  /** The id of the webhook or action. */
  readonly subscription_id: string | null;
  readonly delivery_id: string | null;
  readonly created_at: string;
  /** Whether some member has not read it yet. */
  readonly unread: boolean;
}

/** A page of a list. */
export interface NotificationPage {
  readonly data: readonly Notification[];
  /** Send it as `cursor` to get the next page. It is null on the last page. */
  readonly next_cursor: string | null;
}

/** A webhook of a chatbot. */
export interface OneChatbotWebhook {
  readonly webhook: ChatbotWebhook;
}

/** The attempts of one webhook or action. */
export interface OneOfThem {
  readonly subscription_id: string;
  readonly name: string;
  readonly attempts: Counts;
  readonly success_rate: number | null;
}

/** The organisation that the key belongs to. */
export interface Organisation {
  readonly id: string;
  readonly name: string;
  readonly time_zone: string;
}

/** How long to pause. */
export interface PauseBody {
  /** When it resumes by itself. Without it, it stays paused until it is resumed. */
  readonly until?: string | Date | null;
}

/** The organisation's plan, and what is left of it. */
export interface Plan {
  readonly name: string;
  readonly title: string;
  readonly actions: Quota;
  readonly webhooks: Quota;
  readonly event_types: Quota;
  /** The limit of the plan; null for none. */
  readonly events_per_minute: number | null;
  /** How many days data is kept; null for as long as the operator keeps data. */
  readonly retention_days: number | null;
}

/** The attempts of an hour or a day. */
export interface Point {
  readonly start: string;
  readonly delivered: number;
  readonly retrying: number;
  readonly failed: number;
}

/** What went wrong, as RFC 9457 describes it. */
export interface Problem {
  /** The kind of problem. It is the address of a page that says what to do. */
  readonly type: string;
  /** The kind of problem in a few words. */
  readonly title: string;
  /** The status of the answer. */
  readonly status: number;
  /** What went wrong this time, and what to do. */
  readonly detail: string;
  /** All errors, up to a hundred. */
  readonly errors?: readonly Fault[];
  /** The same as in `X-Request-Id`. The log of the operator has it too. */
  readonly request_id?: string;
  /** For a 412: the current state of the object. */
  readonly current?: Record<string, unknown>;
  /** For a log-in by device: the error code of RFC 8628. */
  readonly error?: string;
  /** The same as `detail`, for clients of Pollybot. */
  readonly message?: string;
}

/** A limit of the plan and how much of it is used, live and test together. */
export interface Quota {
  /** The limit of the plan; null for none. */
  readonly limit: number | null;
  /** The limit per minute; null for none. */
  readonly used: number | null;
}

/** The start of the recovery. */
export interface RecoverBody {
  /** Send deliveries and events from this time on. */
  readonly since: string | Date;
}

/** A replay and its progress. */
export interface Replay {
  readonly id: string;
  readonly status: "running" | "finished" | "cancelled";
  /** How many deliveries the replay has; null until they are counted. In a long log, those that match a text, an event type or a status code are counted for a few seconds only, so there may be more. */
  readonly total: number | null;
  /** How many were sent again as new deliveries. */
  readonly replayed: number;
  /** How many had not ended, and were retried at once instead. */
  readonly retried: number;
  /** How many missed events were sent for the first time. */
  readonly recovered: number;
  /** How many were skipped, because their webhook or action is off or deleted. */
  readonly skipped: number;
  readonly requested_by: string;
  readonly created_at: string;
  readonly finished_at: string | null;
}

/** Which deliveries to send again, by one of these. */
export interface ReplayBody {
  /** Send all deliveries that match this filter again. An empty object means all deliveries. */
  readonly filter?: DeliveryFilter | null;
  /** These, up to 100. */
  readonly delivery_ids?: readonly string[] | null;
}

/** A page of a list. */
export interface ReplayPage {
  readonly data: readonly Replay[];
  /** Send it as `cursor` to get the next page. It is null on the last page. */
  readonly next_cursor: string | null;
}

/** What follows from an attempt. */
export interface Result {
  readonly delivery_id: string;
  readonly status: "pending" | "sending" | "retrying" | "delivered" | "failed" | "cancelled";
  /** Seconds until the next try; null if there is none. */
  readonly retry_in: number | null;
}

/** What follows from each attempt. Deliveries of other listeners are left out. */
export interface Results {
  readonly data: readonly Result[];
}

/** The results of attempts. */
export interface ResultsBody {
  /** The session, from the answer that started the listener. */
  readonly session: string;
  readonly results: readonly ListenerResult[];
}

/** How fast to send the waiting deliveries. */
export interface ResumeBody {
  /** How many deliveries may start per second. Without it, they all start at once. */
  readonly rate?: number | null;
}

/** A key to end. */
export interface RevocationBody {
  readonly token: string;
}

export type Role = "admin" | "owner" | "viewer";

/** How to rotate a secret. */
export interface RotateBody {
  /** How many hours the old secret signs too. */
  readonly overlap_hours?: number;
  /** A secret of your own. Without it, one is generated. */
  readonly secret?: string | null;
}

/** How to rotate a key. */
export interface RotateKeyBody {
  /** How many hours the old key keeps working. */
  readonly overlap_hours?: number;
}

/** When a digest is sent. `weekday` 0 is Monday. Without its own zone it follows the organisation's. */
export interface Schedule {
  readonly frequency: Frequency;
  readonly hour?: number;
  readonly weekday?: number;
  readonly time_zone?: string | null;
  readonly skip_empty?: boolean;
}

/** One subject: its type and its id. */
export interface Scope {
  readonly type: string;
  readonly id: string;
}

/** How requests are signed. */
export interface Security {
  readonly note: string;
  readonly headerName: string;
  readonly format: string;
}

/** Whether the signature is right. */
export interface Signature {
  /** Whether the signature is right; null when nothing could be checked. */
  readonly verified: boolean | null;
  /** The wire format, recognised by the headers. */
  readonly wire_format: string | null;
  /** The reason, as a sentence. */
  readonly why: string;
}

export type Speaker = "agent" | "assistant" | "visitor";

/** The attempts of a period, tests left out. */
export interface Stats {
  readonly since: string;
  readonly until: string;
  readonly step: "hour" | "day";
  readonly attempts: Counts;
  /** The share of attempts that delivered, 0 to 1; null without attempts. */
  readonly success_rate: number | null;
  readonly latency_ms: Latency;
  /** Oldest first. */
  readonly points: readonly Point[];
}

/** How long a bar lasts; days are in UTC. */
export type Step = "day" | "hour";

/** An event as it was accepted. `data` and `changed` are present only when a single event is read. */
export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: Subject | null;
  readonly occurred_at: string;
  readonly created_at: string;
  /** Where the event came from. */
  readonly origin: "api" | "chat" | "test" | "ping";
  /** The producer's own id. */
  readonly own_id: string | null;
  /** How many deliveries it had when it was accepted. */
  readonly deliveries: number;
  /** When its data was erased. */
  readonly erased_at: string | null;
  readonly data?: Record<string, unknown>;
  /** The paths of the changed fields; null if they are unknown. */
  readonly changed?: readonly string[] | null;
}

/** A page of a log. */
export interface StoredEventPage {
  readonly data: readonly StoredEvent[];
  /** Send it as `cursor` to get the next page. It is null on the last page. */
  readonly next_cursor: string | null;
  /** How far back this page has searched the log. It is null on the last page. */
  readonly searched_back_to: string | null;
}

/** What an event is about. */
export interface Subject {
  readonly type: string;
  readonly id: string;
}

/** What an event is about. */
export interface SubjectBody {
  /** The type of the subject, such as `chatbot`. */
  readonly type: string;
  /** Your own id of the subject. */
  readonly id: string;
}

export type SubscriptionKind = "action" | "webhook";

/** The attempts of a period by webhook and action. */
export interface SubscriptionStats {
  readonly since: string;
  readonly until: string;
  /** Those with the most attempts first, up to 100. */
  readonly data: readonly OneOfThem[];
}

/** How many deliveries to take. */
export interface TakeBody {
  /** The session, from the answer that started the listener. */
  readonly session: string;
  readonly limit?: number;
  /** How many seconds to wait for a delivery. */
  readonly wait?: number;
  /** After a lost answer: the ids of the deliveries that did arrive. All others are due again. */
  readonly in_hand?: readonly string[] | null;
}

/** A delivery, to be sent as it is and reported within twice its `timeout`. */
export interface Taken {
  readonly delivery_id: string;
  /** Which try this is: 1 for the first. */
  readonly number: number;
  /** The timestamp of the signature. Send it back with the result. */
  readonly timestamp: number;
  readonly event_id: string;
  readonly event_type: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  /** The signed body. Send its UTF-8 bytes unchanged. */
  readonly body: string;
  /** How many seconds an answer may take. */
  readonly timeout: number;
}

/** Deliveries to send. */
export interface TakenPage {
  readonly data: readonly Taken[];
}

/** What was changed. */
export interface Target {
  readonly type: string;
  readonly id: string;
  readonly name: string;
}

/** What a test sends. */
export interface TestBody {
  /** The event type whose sample is sent, or `webhook.ping`. The default is the first type of the webhook or action. */
  readonly event_type?: string | null;
  /** Your own data, sent in place of the sample, byte for byte. Of the types that Hookline itself sends, only `webhook.ping` takes it. */
  readonly data?: Record<string, unknown>;
}

/** A new API key. Only this answer shows it. */
export interface Token {
  readonly access_token: string;
  /** `Bearer`. */
  readonly token_type: string;
  /** The scopes, with spaces between. */
  readonly scope: string;
  readonly key_id: string;
  readonly name: string;
  readonly mode: string;
  readonly organisation: string;
  readonly expires_at: string | null;
}

/** Asks whether the log-in was approved. */
export interface TokenBody {
  readonly device_code: string;
  readonly grant_type?: "urn:ietf:params:oauth:grant-type:device_code";
}

/** A webhook and its state. */
export interface Webhook {
  readonly id: string;
  /** A name for people. */
  readonly name: string;
  /** A note for your team. */
  readonly description: string;
  /** Where events are sent; https in live mode. */
  readonly url: string;
  /** The names of the event types to send. A webhook also accepts `customer.*` for all types that begin with `customer.`, and `*` for all types. Both include types that are registered later. */
  readonly event_types: readonly string[];
  /** Send only events about this subject; null for all. */
  readonly scope: Scope | null;
  /** Up to 20 conditions on fields of the event. */
  readonly conditions: readonly Condition[];
  /** `all` or `any`: how many of the conditions must match. */
  readonly match: Match;
  /** Up to 50 paths: send updates only if one of these fields changed; an empty list for any change. */
  readonly changed_fields: readonly string[];
  /** The body, headers and signature of a request. */
  readonly wire_format: string;
  /** When failed deliveries are retried: a policy by its name, delays in seconds, or retries that wait twice as long each time. */
  readonly retry_policy: string | Record<string, boolean | number | string | readonly (boolean | number | string | null)[] | null>;
  /** How many deliveries may start per second; null for no limit. */
  readonly rate_limit: number | null;
  /** How many seconds an answer may take; null for the operator's limit. */
  readonly timeout: number | null;
  /** Whether owners and admins get an e-mail when deliveries fail permanently. */
  readonly failure_mail: boolean;
  /** Up to 20 custom headers. Their values are never shown. */
  readonly headers: Record<string, string>;
  /** Whether it is switched on. Nothing is sent while it is off. */
  readonly enabled: boolean;
  /** Up to 20 of your own texts by key. Never sent to endpoints. */
  readonly metadata: Record<string, string>;
  /** Why Hookline switched it off; null if it did not. */
  readonly disabled_reason: string | null;
  readonly counters: Counters;
  readonly previous_secret_expires_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  /** Your own key of it, from the path of a PUT. */
  readonly key: string | null;
  /** When it was paused; null if it is not. */
  readonly paused_at: string | null;
  /** When it resumes by itself; null if it does not. */
  readonly paused_until: string | null;
  /** The signing secret. Present only in the answer that creates or changes it. */
  readonly secret?: string;
  /** Whether a computer fetches its deliveries: see `/listeners`. */
  readonly listener?: boolean;
}

/** An action that sends a webhook, and its state. */
export interface WebhookAction {
  readonly channel: "webhook";
  readonly id: string;
  /** A name for people. */
  readonly name: string;
  /** A note for your team. */
  readonly description: string;
  /** Where events are sent; https in live mode. */
  readonly url: string;
  /** The names of the event types to send. A webhook also accepts `customer.*` for all types that begin with `customer.`, and `*` for all types. Both include types that are registered later. */
  readonly event_types: readonly string[];
  /** Send only events about this subject; null for all. */
  readonly scope: Scope | null;
  /** Up to 20 conditions on fields of the event. */
  readonly conditions: readonly Condition[];
  /** `all` or `any`: how many of the conditions must match. */
  readonly match: Match;
  /** Up to 50 paths: send updates only if one of these fields changed; an empty list for any change. */
  readonly changed_fields: readonly string[];
  /** The body, headers and signature of a request. */
  readonly wire_format: string;
  /** When failed deliveries are retried: a policy by its name, delays in seconds, or retries that wait twice as long each time. */
  readonly retry_policy: string | Record<string, boolean | number | string | readonly (boolean | number | string | null)[] | null>;
  /** How many deliveries may start per second; null for no limit. */
  readonly rate_limit: number | null;
  /** How many seconds an answer may take; null for the operator's limit. */
  readonly timeout: number | null;
  /** Whether owners and admins get an e-mail when deliveries fail permanently. */
  readonly failure_mail: boolean;
  /** Up to 20 custom headers. Their values are never shown. */
  readonly headers: Record<string, string>;
  /** Whether it is switched on. Nothing is sent while it is off. */
  readonly enabled: boolean;
  /** Up to 20 of your own texts by key. Never sent to endpoints. */
  readonly metadata: Record<string, string>;
  /** Why Hookline switched it off; null if it did not. */
  readonly disabled_reason: string | null;
  readonly counters: Counters;
  readonly previous_secret_expires_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  /** Your own key of it, from the path of a PUT. */
  readonly key: string | null;
  /** When it was paused; null if it is not. */
  readonly paused_at: string | null;
  /** When it resumes by itself; null if it does not. */
  readonly paused_until: string | null;
  /** The signing secret. Present only in the answer that creates or changes it. */
  readonly secret?: string;
}

/** A complete action that sends a webhook. Absent members get their defaults, except `enabled`, which stays as it is. */
export interface WebhookActionPut {
  /** A name for people. */
  readonly name: string;
  /** The names of the event types to send. A webhook also accepts `customer.*` for all types that begin with `customer.`, and `*` for all types. Both include types that are registered later. */
  readonly event_types: readonly string[];
  /** Where events are sent; https in live mode. */
  readonly url: string;
  /** `webhook` or `email`. */
  readonly channel?: "webhook";
  /** A note for your team. */
  readonly description?: string;
  /** Send only events about this subject; null for all. */
  readonly scope?: Scope | null;
  /** Up to 20 conditions on fields of the event. */
  readonly conditions?: readonly Condition[];
  /** `all` or `any`: how many of the conditions must match. */
  readonly match?: Match;
  /** Up to 50 paths: send updates only if one of these fields changed; an empty list for any change. */
  readonly changed_fields?: readonly string[];
  /** When failed deliveries are retried: a policy by its name, delays in seconds, or retries that wait twice as long each time. */
  readonly retry_policy?: string | Record<string, boolean | number | string | readonly (boolean | number | string | null)[] | null>;
  /** How many deliveries may start per second; null for no limit. */
  readonly rate_limit?: number | null;
  /** Whether owners and admins get an e-mail when deliveries fail permanently. */
  readonly failure_mail?: boolean;
  /** Up to 20 of your own texts by key. Never sent to endpoints. */
  readonly metadata?: Record<string, string>;
  /** Whether it is switched on. Nothing is sent while it is off. */
  readonly enabled?: boolean;
  /** The body, headers and signature of a request. */
  readonly wire_format?: "standard" | "pivra" | "pivotal" | "pollybot" | "pivot" | "inqyra" | "github" | "stripe" | "svix" | "shopify" | "cloudevents" | "slack" | "discord" | "teams";
  /** How many seconds an answer may take; null for the operator's limit. */
  readonly timeout?: number | null;
  /** Up to 20 custom headers. Their values are never shown. */
  readonly headers?: Record<string, string>;
}

/** A page of a list. */
export interface WebhookPage {
  readonly data: readonly Webhook[];
  /** Send it as `cursor` to get the next page. It is null on the last page. */
  readonly next_cursor: string | null;
}

/** Changes to a webhook. Absent members stay as they are. */
export interface WebhookPatch {
  /** A name for people. */
  readonly name?: string;
  /** A note for your team. */
  readonly description?: string;
  /** The names of the event types to send. A webhook also accepts `customer.*` for all types that begin with `customer.`, and `*` for all types. Both include types that are registered later. */
  readonly event_types?: readonly string[];
  /** Send only events about this subject; null for all. */
  readonly scope?: Scope | null;
  /** Up to 20 conditions on fields of the event. */
  readonly conditions?: readonly Condition[];
  /** `all` or `any`: how many of the conditions must match. */
  readonly match?: Match;
  /** Up to 50 paths: send updates only if one of these fields changed; an empty list for any change. */
  readonly changed_fields?: readonly string[];
  /** When failed deliveries are retried: a policy by its name, delays in seconds, or retries that wait twice as long each time. */
  readonly retry_policy?: string | Record<string, boolean | number | string | readonly (boolean | number | string | null)[] | null>;
  /** How many deliveries may start per second; null for no limit. */
  readonly rate_limit?: number | null;
  /** Whether owners and admins get an e-mail when deliveries fail permanently. */
  readonly failure_mail?: boolean;
  /** Up to 20 of your own texts by key. Never sent to endpoints. */
  readonly metadata?: Record<string, string>;
  /** Whether it is switched on. Nothing is sent while it is off. */
  readonly enabled?: boolean;
  /** Where events are sent; https in live mode. */
  readonly url?: string;
  /** The body, headers and signature of a request. */
  readonly wire_format?: "standard" | "pivra" | "pivotal" | "pollybot" | "pivot" | "inqyra" | "github" | "stripe" | "svix" | "shopify" | "cloudevents" | "slack" | "discord" | "teams";
  /** How many seconds an answer may take; null for the operator's limit. */
  readonly timeout?: number | null;
  /** Up to 20 custom headers. Their values are never shown. */
  readonly headers?: Record<string, string>;
}

/** A complete webhook. Absent members get their defaults, except `enabled`, which stays as it is. */
export interface WebhookPut {
  /** A name for people. */
  readonly name: string;
  /** A note for your team. */
  readonly description?: string;
  /** The names of the event types to send. A webhook also accepts `customer.*` for all types that begin with `customer.`, and `*` for all types. Both include types that are registered later. */
  readonly event_types: readonly string[];
  /** Send only events about this subject; null for all. */
  readonly scope?: Scope | null;
  /** Up to 20 conditions on fields of the event. */
  readonly conditions?: readonly Condition[];
  /** `all` or `any`: how many of the conditions must match. */
  readonly match?: Match;
  /** Up to 50 paths: send updates only if one of these fields changed; an empty list for any change. */
  readonly changed_fields?: readonly string[];
  /** When failed deliveries are retried: a policy by its name, delays in seconds, or retries that wait twice as long each time. */
  readonly retry_policy?: string | Record<string, boolean | number | string | readonly (boolean | number | string | null)[] | null>;
  /** How many deliveries may start per second; null for no limit. */
  readonly rate_limit?: number | null;
  /** Whether owners and admins get an e-mail when deliveries fail permanently. */
  readonly failure_mail?: boolean;
  /** Up to 20 of your own texts by key. Never sent to endpoints. */
  readonly metadata?: Record<string, string>;
  /** Whether it is switched on. Nothing is sent while it is off. */
  readonly enabled?: boolean;
  /** Where events are sent; https in live mode. */
  readonly url: string;
  /** The body, headers and signature of a request. */
  readonly wire_format?: "standard" | "pivra" | "pivotal" | "pollybot" | "pivot" | "inqyra" | "github" | "stripe" | "svix" | "shopify" | "cloudevents" | "slack" | "discord" | "teams";
  /** How many seconds an answer may take; null for the operator's limit. */
  readonly timeout?: number | null;
  /** Up to 20 custom headers. Their values are never shown. */
  readonly headers?: Record<string, string>;
}

/** What a key belongs to, what it allows, and how much of the plan is used. */
export interface Whoami {
  readonly organisation: Organisation;
  readonly mode: "live" | "test";
  readonly key: Key;
  readonly plan: Plan;
}

/** The kinds of problems. */
export type ProblemKind = "access-denied" | "authorization-pending" | "busy" | "changed-meanwhile" | "conflict" | "cross-origin" | "daily-limit" | "expired-token" | "forbidden" | "idempotency-key-in-use" | "idempotency-key-reused" | "incomplete-body" | "insufficient-scope" | "internal-error" | "invalid-request" | "listener-ended" | "live-key-needed" | "loop-detected" | "malformed-json" | "not-found" | "payload-too-large" | "plan-limit" | "slow-down" | "too-many-requests" | "too-slow" | "unauthorized" | "unavailable" | "unknown-host" | "unsupported-media-type";
