// Made of docs/openapi.json by generate.py.

import type { Pages } from "./pages.js";
import { Resource, segment } from "./resource.js";
import type { Call, Conditional, Keyed, Put } from "./resource.js";
import type {
  Accepted,
  AcceptedBatch,
  ActionPatch,
  ActorKind,
  ApiKey,
  Attempt,
  AuditEntry,
  BatchBody,
  ChangedChatbotWebhook,
  ChatbotWebhookBody,
  ChatbotWebhookPatch,
  ChatbotWebhooks,
  Count,
  CreatedChatbotWebhook,
  DeletedChatbotWebhook,
  Delivery,
  DeliveryFilter,
  DeliveryStatus,
  Device,
  DeviceBody,
  DryRun,
  EmailAction,
  EventBody,
  EventType,
  EventTypeBody,
  EventTypePatch,
  EventTypePut,
  Explanation,
  Hook,
  HookBody,
  HookSample,
  Inbox,
  InboxPatch,
  InboxRequest,
  Invitation,
  InvitationBody,
  Listener,
  Member,
  MemberPatch,
  Message,
  MessageBody,
  Messages,
  MessagesBody,
  NewApiKey,
  NewEmailAction,
  NewInbox,
  NewListener,
  NewWebhook,
  NewWebhookAction,
  Notification,
  OneChatbotWebhook,
  PauseBody,
  RecoverBody,
  Replay,
  ReplayBody,
  Results,
  ResultsBody,
  ResumeBody,
  RevocationBody,
  RotateBody,
  RotateKeyBody,
  Stats,
  Step,
  StoredEvent,
  SubscriptionKind,
  SubscriptionStats,
  TakeBody,
  TakenPage,
  TestBody,
  Token,
  TokenBody,
  Webhook,
  WebhookAction,
  WebhookActionPut,
  WebhookPatch,
  WebhookPut,
  Whoami,
} from "./types.js";

export class ActionsApi extends Resource {
  /** Newest first. */
  list(options: Call & { limit?: number; metadata?: Record<string, string> } = {}): Pages<WebhookAction | EmailAction> {
    return this.transport.pages("GET", `/actions`, options, ["limit", "cursor", "metadata"]);
  }

  /** `channel` says whether it sends e-mail or a webhook. For a webhook, only this answer shows the signing `secret`. */
  create(body: NewEmailAction | NewWebhookAction, options: Keyed = {}): Promise<WebhookAction | EmailAction> {
    return this.transport.send("POST", `/actions`, options, [], body);
  }

  /** Read an action. */
  get(actionId: string, options: Call = {}): Promise<WebhookAction | EmailAction> {
    return this.transport.send("GET", `/actions/${segment(actionId)}`, options, []);
  }

  /** Creates or replaces an action: `PUT /actions/key:crm`, where `crm` is your own key of it. Absent members get their defaults, except `enabled`, which stays as it is. Sending the same again changes nothing. */
  put(actionId: string, body: NewEmailAction | WebhookActionPut, options: Put = {}): Promise<WebhookAction | EmailAction> {
    return this.transport.send("PUT", `/actions/${segment(actionId)}`, options, [], body);
  }

  /** Absent members stay as they are. With another `channel`, members that both channels have stay. An action that becomes a webhook gets a `secret`, which only this answer shows. */
  update(actionId: string, body: ActionPatch, options: Conditional = {}): Promise<WebhookAction | EmailAction> {
    return this.transport.send("PATCH", `/actions/${segment(actionId)}`, options, [], body);
  }

  /** Waiting deliveries are cancelled. The log stays. */
  delete(actionId: string, options: Conditional = {}): Promise<void> {
    return this.transport.send("DELETE", `/actions/${segment(actionId)}`, options, []);
  }

  /** No more events are sent to it. Waiting deliveries are cancelled, with that reason in their `error`, and can be recovered later. What is being sent right now may still arrive. Switching it off again changes nothing. */
  disable(actionId: string, options: Keyed = {}): Promise<WebhookAction | EmailAction> {
    return this.transport.send("POST", `/actions/${segment(actionId)}/disable`, options, []);
  }

  /** Events are sent to it from now on. To send what it missed, recover it. Switching it on again changes nothing. */
  enable(actionId: string, options: Keyed = {}): Promise<WebhookAction | EmailAction> {
    return this.transport.send("POST", `/actions/${segment(actionId)}/enable`, options, []);
  }

  /** Its deliveries wait until it is resumed. What is being sent right now may still arrive. Deliveries that have waited for as long as the log is kept are cancelled, with that reason. Switching it off cancels what waits and ends the pause. */
  pause(actionId: string, body: PauseBody | undefined = undefined, options: Keyed = {}): Promise<WebhookAction | EmailAction> {
    return this.transport.send("POST", `/actions/${segment(actionId)}/pause`, options, [], body);
  }

  /** Starts a replay of everything that never arrived since then: what failed, what was cancelled, and the events that it missed while it was switched off automatically. Each event is sent once. */
  recover(actionId: string, body: RecoverBody, options: Keyed = {}): Promise<Replay> {
    return this.transport.send("POST", `/actions/${segment(actionId)}/recover`, options, [], body);
  }

  /** Sends what waits, oldest first: all at once, or at the rate that you give. New deliveries do not wait behind the old ones. Resuming it again changes nothing. */
  resume(actionId: string, body: ResumeBody | undefined = undefined, options: Keyed = {}): Promise<WebhookAction | EmailAction> {
    return this.transport.send("POST", `/actions/${segment(actionId)}/resume`, options, [], body);
  }

  /** Only this answer shows the new `secret`. An action that sends e-mail has none. */
  rotateSecret(actionId: string, body: RotateBody | undefined = undefined, options: Keyed = {}): Promise<WebhookAction> {
    return this.transport.send("POST", `/actions/${segment(actionId)}/rotate-secret`, options, [], body);
  }

  /** Sends the sample of an event type now, or `data` of your own, which an organisation can do 30 times a minute. A digest is sent for its last complete period. */
  test(actionId: string, body: TestBody | undefined = undefined, options: Keyed & { wait?: number } = {}): Promise<Delivery> {
    return this.transport.send("POST", `/actions/${segment(actionId)}/test`, options, ["wait"], body);
  }
}

export class ApiKeysApi extends Resource {
  /** The keys of the same mode, newest first, all on one page. Revoked keys are left out. */
  list(options: Call = {}): Pages<ApiKey> {
    return this.transport.pages("GET", `/api-keys`, options, []);
  }

  /** Only this answer shows the `token`. The new key has the mode of the key that creates it. It cannot do more, and it does not expire later. */
  create(body: NewApiKey, options: Keyed = {}): Promise<ApiKey> {
    return this.transport.send("POST", `/api-keys`, options, [], body);
  }

  /** Read an API key. */
  get(keyId: string, options: Call = {}): Promise<ApiKey> {
    return this.transport.send("GET", `/api-keys/${segment(keyId)}`, options, []);
  }

  /** The key stops working within a second. A key can revoke itself. */
  delete(keyId: string, options: Conditional = {}): Promise<void> {
    return this.transport.send("DELETE", `/api-keys/${segment(keyId)}`, options, []);
  }

  /** Creates a new key with the same name, scopes and lifetime. Only this answer shows its `token`. The old key works for `overlap_hours` more. A key can rotate itself; the new key then expires when the old one would have expired. It can also rotate keys that cannot do more than itself and do not expire later. */
  rotate(keyId: string, body: RotateKeyBody | undefined = undefined, options: Keyed = {}): Promise<ApiKey> {
    return this.transport.send("POST", `/api-keys/${segment(keyId)}/rotate`, options, [], body);
  }
}

export class AuditLogApi extends Resource {
  /** Newest first: entries of the key's mode, and of what both modes share. Each page searches a part of the log, back to `searched_back_to`. So a page can have fewer than `limit`, or none, although there is a next page. With `Accept: application/x-ndjson` the answer has all entries that match, one per line. */
  list(options: Call & { limit?: number; actor_kind?: ActorKind; actor?: string; action?: string; target?: string; since?: string | Date; until?: string | Date } = {}): Pages<AuditEntry> {
    return this.transport.pages("GET", `/audit-log`, options, ["limit", "cursor", "actor_kind", "actor", "action", "target", "since", "until"]);
  }
}

export class ChatbotWebhooksApi extends Resource {
  /** All webhooks of the chatbot, newest first, at most 1,000. It does not matter where they were created. */
  list(chatbotId: string, options: Call = {}): Promise<ChatbotWebhooks> {
    return this.transport.send("GET", `/chatbots/${segment(chatbotId)}/webhooks`, options, []);
  }

  /** Only this answer shows the `secret`. */
  create(chatbotId: string, body: ChatbotWebhookBody, options: Keyed = {}): Promise<CreatedChatbotWebhook> {
    return this.transport.send("POST", `/chatbots/${segment(chatbotId)}/webhooks`, options, [], body);
  }

  /** Read a webhook of a chatbot. */
  get(chatbotId: string, webhookId: string, options: Call = {}): Promise<OneChatbotWebhook> {
    return this.transport.send("GET", `/chatbots/${segment(chatbotId)}/webhooks/${segment(webhookId)}`, options, []);
  }

  /** With PUT and PATCH, absent members stay as they are. */
  put(chatbotId: string, webhookId: string, body: ChatbotWebhookPatch, options: Put = {}): Promise<ChangedChatbotWebhook> {
    return this.transport.send("PUT", `/chatbots/${segment(chatbotId)}/webhooks/${segment(webhookId)}`, options, [], body);
  }

  /** With PUT and PATCH, absent members stay as they are. */
  update(chatbotId: string, webhookId: string, body: ChatbotWebhookPatch, options: Conditional = {}): Promise<ChangedChatbotWebhook> {
    return this.transport.send("PATCH", `/chatbots/${segment(chatbotId)}/webhooks/${segment(webhookId)}`, options, [], body);
  }

  /** Delete a webhook of a chatbot. */
  delete(chatbotId: string, webhookId: string, options: Conditional = {}): Promise<DeletedChatbotWebhook> {
    return this.transport.send("DELETE", `/chatbots/${segment(chatbotId)}/webhooks/${segment(webhookId)}`, options, []);
  }
}

export class DeliveriesApi extends Resource {
  /** Newest first. Each page searches a part of the log, back to `searched_back_to`. So a page can have fewer than `limit`, or none, although there is a next page. With `Accept: application/x-ndjson` the answer has all deliveries that match, one per line. */
  list(options: Call & { subscription_id?: string; kind?: SubscriptionKind; event_type?: string; status?: DeliveryStatus; status_code?: string; text?: string; field?: string; subject?: string; response?: string; event_id?: string; missing?: boolean; since?: string | Date; until?: string | Date; limit?: number } = {}): Pages<Delivery> {
    return this.transport.pages("GET", `/deliveries`, options, ["subscription_id", "kind", "event_type", "status", "status_code", "text", "field", "subject", "response", "event_id", "missing", "since", "until", "limit", "cursor"]);
  }

  /** Counts the deliveries that match, up to 10,000. With some filters, only the newest deliveries are searched. Then `at_least` is true. */
  count(body: DeliveryFilter | undefined = undefined, options: Keyed = {}): Promise<Count> {
    return this.transport.send("POST", `/deliveries/count`, options, [], body);
  }

  /** Shows a delivery with its `request_body` and every attempt. */
  get(deliveryId: string, options: Call = {}): Promise<Delivery> {
    return this.transport.send("GET", `/deliveries/${segment(deliveryId)}`, options, []);
  }

  /** All attempts on one page, in the order in which they were made. */
  attempts(deliveryId: string, options: Call = {}): Pages<Attempt> {
    return this.transport.pages("GET", `/deliveries/${segment(deliveryId)}/attempts`, options, []);
  }

  /** A waiting delivery is not sent any more. It can be replayed later. Cancelling it again changes nothing. */
  cancel(deliveryId: string, options: Keyed = {}): Promise<Delivery> {
    return this.transport.send("POST", `/deliveries/${segment(deliveryId)}/cancel`, options, []);
  }

  /** Sends the same body as a new delivery, to the current URL and with the current secret. A delivery that has not ended is retried at once instead; the answer is then that delivery. */
  replay(deliveryId: string, options: Keyed & { wait?: number } = {}): Promise<Delivery> {
    return this.transport.send("POST", `/deliveries/${segment(deliveryId)}/replay`, options, ["wait"]);
  }

  /** Makes the next attempt of a waiting delivery at once. The remaining retries follow as planned. */
  retryNow(deliveryId: string, options: Keyed & { wait?: number } = {}): Promise<Delivery> {
    return this.transport.send("POST", `/deliveries/${segment(deliveryId)}/retry-now`, options, ["wait"]);
  }
}

export class DeviceApi extends Resource {
  /** Show `user_code` and `verification_uri` to the person, then ask for the key every `interval` seconds. It needs no key. */
  authorization(body: DeviceBody, options: Keyed = {}): Promise<Device> {
    return this.transport.send("POST", `/device/authorization`, options, [], body);
  }

  /** Whoever has a key can end it, whatever its scopes (RFC 7009). For one that is unknown or has ended, the answer is the same. */
  revocation(body: RevocationBody, options: Keyed = {}): Promise<void> {
    return this.transport.send("POST", `/device/revocation`, options, [], body);
  }

  /** Once someone has approved it, this gives the key, once. Until then it is `authorization-pending`. Problems have `error` as in RFC 8628. */
  token(body: TokenBody, options: Keyed = {}): Promise<Token> {
    return this.transport.send("POST", `/device/token`, options, [], body);
  }
}

export class EventTypesApi extends Resource {
  /** The catalogue and your own, all on one page. */
  list(options: Call = {}): Pages<EventType> {
    return this.transport.pages("GET", `/event-types`, options, []);
  }

  /** Registers a type of your own, up to 200. Live and test mode share it. */
  create(body: EventTypeBody, options: Keyed = {}): Promise<EventType> {
    return this.transport.send("POST", `/event-types`, options, [], body);
  }

  /** Read an event type. */
  get(name: string, options: Call = {}): Promise<EventType> {
    return this.transport.send("GET", `/event-types/${segment(name)}`, options, []);
  }

  /** Registers or replaces one of your own types. Absent members get their defaults. Sending the same again changes nothing. */
  put(name: string, body: EventTypePut, options: Put = {}): Promise<EventType> {
    return this.transport.send("PUT", `/event-types/${segment(name)}`, options, [], body);
  }

  /** Changes one of your own types. Absent members stay as they are. */
  update(name: string, body: EventTypePatch, options: Conditional = {}): Promise<EventType> {
    return this.transport.send("PATCH", `/event-types/${segment(name)}`, options, [], body);
  }

  /** Retires one of your own types, if no action or webhook uses it. Its events stay in the log. */
  delete(name: string, options: Conditional = {}): Promise<void> {
    return this.transport.send("DELETE", `/event-types/${segment(name)}`, options, []);
  }

  /** What a REST Hook would get, for the editors of Zapier and Make. With the scope `events:read` the answer has the newest 3 events of the type. Without it, or if there are none, it has the sample of the type. The answer is a bare list. */
  samples(name: string, options: Call = {}): Promise<readonly HookSample[]> {
    return this.transport.send("GET", `/event-types/${segment(name)}/samples`, options, []);
  }
}

export class EventsApi extends Resource {
  /** Newest first, without their data. Each page searches a part of the log, back to `searched_back_to`. So a page can have fewer than `limit`, or none, although there is a next page. */
  list(options: Call & { limit?: number; type?: string; text?: string; field?: string; subject?: string; since?: string | Date; until?: string | Date } = {}): Pages<StoredEvent> {
    return this.transport.pages("GET", `/events`, options, ["limit", "cursor", "type", "text", "field", "subject", "since", "until"]);
  }

  /** The answer comes after the event and all its deliveries are committed. With `wait` it also has `results`: 200 if all deliveries have ended, otherwise 202. */
  send(body: EventBody, options: Keyed & { wait?: number } = {}): Promise<Accepted> {
    return this.transport.send("POST", `/events`, options, ["wait"], body);
  }

  /** Stores all events in one transaction: all or none. A repeat with the same key may have more events at its end. */
  sendBatch(body: BatchBody, options: Keyed = {}): Promise<AcceptedBatch> {
    return this.transport.send("POST", `/events/batch`, options, [], body);
  }

  /** Checks an event as `POST /events` does, and says how many deliveries it would have. A key with `events:read` also sees which webhooks and actions would fire, and why the others would not. Nothing is stored or sent, and the plan does not count it. */
  dryRun(body: EventBody, options: Keyed = {}): Promise<DryRun> {
    return this.transport.send("POST", `/events/dry-run`, options, [], body);
  }

  /** Shows an event with its `data`, as it was reported. */
  get(eventId: string, options: Call = {}): Promise<StoredEvent> {
    return this.transport.send("GET", `/events/${segment(eventId)}`, options, []);
  }

  /** Erases the `data` of the event and everything that Hookline derived from it: the stored answers of receivers, the last state of its object, its line in digests. Waiting deliveries are cancelled. The event stays in the log without its data. Erasing it again changes nothing. */
  erase(eventId: string, options: Conditional = {}): Promise<void> {
    return this.transport.send("DELETE", `/events/${segment(eventId)}/data`, options, []);
  }

  /** Newest first, including replays. */
  deliveries(eventId: string, options: Call & { limit?: number } = {}): Pages<Delivery> {
    return this.transport.pages("GET", `/events/${segment(eventId)}/deliveries`, options, ["limit", "cursor"]);
  }

  /** Says for every webhook and action why it matches the event or not, condition by condition. All are on one page, those with a delivery first. */
  explain(eventId: string, options: Call = {}): Pages<Explanation> {
    return this.transport.pages("GET", `/events/${segment(eventId)}/explanation`, options, []);
  }
}

export class HooksApi extends Resource {
  /** Creates a webhook for one event type, in the format of the samples. It gets no ping. An answer of 410 switches it off. */
  create(body: HookBody, options: Keyed = {}): Promise<Hook> {
    return this.transport.send("POST", `/hooks`, options, [], body);
  }

  /** Read a hook. */
  get(webhookId: string, options: Call = {}): Promise<Hook> {
    return this.transport.send("GET", `/hooks/${segment(webhookId)}`, options, []);
  }

  /** Deletes the webhook. Waiting deliveries are cancelled. */
  delete(webhookId: string, options: Conditional = {}): Promise<void> {
    return this.transport.send("DELETE", `/hooks/${segment(webhookId)}`, options, []);
  }
}

export class InboxesApi extends Resource {
  /** Oldest first, all on one page: there are up to 20. */
  list(options: Call = {}): Pages<Inbox> {
    return this.transport.pages("GET", `/inboxes`, options, []);
  }

  /** A private URL for a webhook under development. Live and test share inboxes. */
  create(body: NewInbox, options: Keyed = {}): Promise<Inbox> {
    return this.transport.send("POST", `/inboxes`, options, [], body);
  }

  /** Read an inbox. */
  get(inboxId: string, options: Call = {}): Promise<Inbox> {
    return this.transport.send("GET", `/inboxes/${segment(inboxId)}`, options, []);
  }

  /** Sets how the inbox answers, to try out failures. A test key cannot change an inbox to which a live webhook sends. */
  update(inboxId: string, body: InboxPatch, options: Conditional = {}): Promise<Inbox> {
    return this.transport.send("PATCH", `/inboxes/${segment(inboxId)}`, options, [], body);
  }

  /** Deletes the inbox and all its requests. A test key cannot change an inbox to which a live webhook sends. */
  delete(inboxId: string, options: Conditional = {}): Promise<void> {
    return this.transport.send("DELETE", `/inboxes/${segment(inboxId)}`, options, []);
  }

  /** Newest first, all on one page: up to 100 are kept. With `wait` the answer comes as soon as there is a newer request. If too many requests wait already, it comes at once, with `Retry-After`. */
  requests(inboxId: string, options: Call & { after?: string; wait?: number } = {}): Pages<InboxRequest> {
    return this.transport.pages("GET", `/inboxes/${segment(inboxId)}/requests`, options, ["after", "wait"]);
  }

  /** Deletes the requests. The inbox stays. A test key cannot change an inbox to which a live webhook sends. */
  clear(inboxId: string, options: Conditional = {}): Promise<void> {
    return this.transport.send("DELETE", `/inboxes/${segment(inboxId)}/requests`, options, []);
  }

  /** Read a request of an inbox. */
  getRequest(inboxId: string, requestId: string, options: Call = {}): Promise<InboxRequest> {
    return this.transport.send("GET", `/inboxes/${segment(inboxId)}/requests/${segment(requestId)}`, options, []);
  }
}

export class InvitationsApi extends Resource {
  /** The open invitations, sorted by e-mail address, all on one page. */
  list(options: Call = {}): Pages<Invitation> {
    return this.transport.pages("GET", `/invitations`, options, []);
  }

  /** Mails a link that makes its recipient a member. An API key cannot make or change owners; an owner can, in the dashboard. */
  create(body: InvitationBody, options: Keyed = {}): Promise<Invitation> {
    return this.transport.send("POST", `/invitations`, options, [], body);
  }

  /** Read an invitation. */
  get(invitationId: string, options: Call = {}): Promise<Invitation> {
    return this.transport.send("GET", `/invitations/${segment(invitationId)}`, options, []);
  }

  /** The link no longer works. */
  delete(invitationId: string, options: Conditional = {}): Promise<void> {
    return this.transport.send("DELETE", `/invitations/${segment(invitationId)}`, options, []);
  }

  /** Mails a new link. The old link no longer works. */
  resend(invitationId: string, options: Keyed = {}): Promise<Invitation> {
    return this.transport.send("POST", `/invitations/${segment(invitationId)}/resend`, options, []);
  }
}

export class ListenersApi extends Resource {
  /** Newest first, all on one page: there are up to 20. */
  list(options: Call = {}): Pages<Listener> {
    return this.transport.pages("GET", `/listeners`, options, []);
  }

  /** A temporary webhook whose deliveries a computer fetches, so they reach a server on `localhost`. It ends when the computer stays away. With a `key` of a listener that has not ended this takes that up (200): its earlier session ends, and what that was sending is due again. */
  create(body: NewListener, options: Keyed = {}): Promise<Listener> {
    return this.transport.send("POST", `/listeners`, options, [], body);
  }

  /** One that this key started. */
  get(listenerId: string, options: Call = {}): Promise<Listener> {
    return this.transport.send("GET", `/listeners/${segment(listenerId)}`, options, []);
  }

  /** Stops the listener. Its waiting deliveries are cancelled. The log stays. */
  delete(listenerId: string, options: Conditional = {}): Promise<void> {
    return this.transport.send("DELETE", `/listeners/${segment(listenerId)}`, options, []);
  }

  /** Signed requests to send now. Each is leased: without a result in time it is taken again. Each request takes others, so no client repeats it by itself: after a lost answer, say what you have with `in_hand`. With `wait` the answer comes as soon as there is one. If too many wait already, it comes at once, with `Retry-After`. A 410 means that someone stopped the listener, a 404 that it ended because its computer was away. */
  deliveries(listenerId: string, body: TakeBody, options: Call = {}): Promise<TakenPage> {
    return this.transport.send("POST", `/listeners/${segment(listenerId)}/deliveries`, options, [], body, false);
  }

  /** Reports the results of attempts. They count like any other attempt: for retries, log and statistics. A repeat changes nothing. It also works after someone has switched the listener off: what it had taken is still reported. */
  results(listenerId: string, body: ResultsBody, options: Keyed = {}): Promise<Results> {
    return this.transport.send("POST", `/listeners/${segment(listenerId)}/results`, options, [], body);
  }
}

export class MembersApi extends Resource {
  /** Sorted by e-mail address, all on one page. */
  list(options: Call = {}): Pages<Member> {
    return this.transport.pages("GET", `/members`, options, []);
  }

  /** Read a member. */
  get(memberId: string, options: Call = {}): Promise<Member> {
    return this.transport.send("GET", `/members/${segment(memberId)}`, options, []);
  }

  /** Works only with a key that an owner created. Invitations that the member may no longer send are withdrawn. An API key cannot make or change owners; an owner can, in the dashboard. */
  update(memberId: string, body: MemberPatch, options: Conditional = {}): Promise<Member> {
    return this.transport.send("PATCH", `/members/${segment(memberId)}`, options, [], body);
  }

  /** The member's invitations are withdrawn. Their API keys keep working, unless `revoke_keys` is true. An API key cannot make or change owners; an owner can, in the dashboard. */
  delete(memberId: string, options: Conditional & { revoke_keys?: boolean } = {}): Promise<void> {
    return this.transport.send("DELETE", `/members/${segment(memberId)}`, options, ["revoke_keys"]);
  }
}

export class MessagesApi extends Resource {
  /** Reports one message, or up to 500 of any conversations of the chatbot. The answer comes after the messages and the events that follow are committed: all or none. */
  report(chatbotId: string, body: MessageBody | MessagesBody, options: Keyed = {}): Promise<Message | Messages> {
    return this.transport.send("POST", `/chatbots/${segment(chatbotId)}/messages`, options, [], body);
  }
}

export class NotificationsApi extends Resource {
  /** Newest first. */
  list(options: Call & { limit?: number; unread?: boolean } = {}): Pages<Notification> {
    return this.transport.pages("GET", `/notifications`, options, ["limit", "cursor", "unread"]);
  }

  /** Marks it as read for every member, since a key acts for the organisation. */
  readAll(options: Keyed = {}): Promise<void> {
    return this.transport.send("POST", `/notifications/read`, options, []);
  }

  /** Marks it as read for every member, since a key acts for the organisation. */
  read(notificationId: string, options: Keyed = {}): Promise<Notification> {
    return this.transport.send("POST", `/notifications/${segment(notificationId)}/read`, options, []);
  }
}

export class ReplaysApi extends Resource {
  /** Newest first. */
  list(options: Call & { limit?: number } = {}): Pages<Replay> {
    return this.transport.pages("GET", `/replays`, options, ["limit", "cursor"]);
  }

  /** Starts a job that sends deliveries again. With `missing` in the filter, it sends what never arrived, each event once, including what was missed while a webhook was switched off automatically. If the same replay is already running, the answer is that replay. */
  create(body: ReplayBody, options: Keyed = {}): Promise<Replay> {
    return this.transport.send("POST", `/replays`, options, [], body);
  }

  /** Read a replay. */
  get(replayId: string, options: Call = {}): Promise<Replay> {
    return this.transport.send("GET", `/replays/${segment(replayId)}`, options, []);
  }

  /** Stops a replay. What was sent so far stays. Cancelling a replay that has ended changes nothing. */
  cancel(replayId: string, options: Keyed = {}): Promise<Replay> {
    return this.transport.send("POST", `/replays/${segment(replayId)}/cancel`, options, []);
  }
}

export class StatsApi extends Resource {
  /** Attempts over time, of all webhooks and actions or of one, with up to 1000 points. */
  get(options: Call & { since?: string | Date; until?: string | Date; step?: Step; subscription_id?: string } = {}): Promise<Stats> {
    return this.transport.send("GET", `/stats`, options, ["since", "until", "step", "subscription_id"]);
  }

  /** Attempts of each webhook and action, by result. */
  subscriptions(options: Call & { since?: string | Date; until?: string | Date; step?: Step; subscription_id?: string } = {}): Promise<SubscriptionStats> {
    return this.transport.send("GET", `/stats/subscriptions`, options, ["since", "until", "step", "subscription_id"]);
  }
}

export class WebhooksApi extends Resource {
  /** Newest first. */
  list(options: Call & { limit?: number; metadata?: Record<string, string> } = {}): Pages<Webhook> {
    return this.transport.pages("GET", `/webhooks`, options, ["limit", "cursor", "metadata"]);
  }

  /** Only this answer shows the signing `secret`. A webhook that is on gets a `webhook.ping` right away. */
  create(body: NewWebhook, options: Keyed = {}): Promise<Webhook> {
    return this.transport.send("POST", `/webhooks`, options, [], body);
  }

  /** Read a webhook. */
  get(webhookId: string, options: Call = {}): Promise<Webhook> {
    return this.transport.send("GET", `/webhooks/${segment(webhookId)}`, options, []);
  }

  /** Creates or replaces a webhook: `PUT /webhooks/key:crm`, where `crm` is your own key of it. Absent members get their defaults, except `enabled`, which stays as it is. Sending the same again changes nothing. */
  put(webhookId: string, body: WebhookPut, options: Put = {}): Promise<Webhook> {
    return this.transport.send("PUT", `/webhooks/${segment(webhookId)}`, options, [], body);
  }

  /** Absent members stay as they are. */
  update(webhookId: string, body: WebhookPatch, options: Conditional = {}): Promise<Webhook> {
    return this.transport.send("PATCH", `/webhooks/${segment(webhookId)}`, options, [], body);
  }

  /** Waiting deliveries are cancelled. The log stays. */
  delete(webhookId: string, options: Conditional = {}): Promise<void> {
    return this.transport.send("DELETE", `/webhooks/${segment(webhookId)}`, options, []);
  }

  /** No more events are sent to it. Waiting deliveries are cancelled, with that reason in their `error`, and can be recovered later. What is being sent right now may still arrive. Switching it off again changes nothing. */
  disable(webhookId: string, options: Keyed = {}): Promise<Webhook> {
    return this.transport.send("POST", `/webhooks/${segment(webhookId)}/disable`, options, []);
  }

  /** Events are sent to it from now on. To send what it missed, recover it. Switching it on again changes nothing. */
  enable(webhookId: string, options: Keyed = {}): Promise<Webhook> {
    return this.transport.send("POST", `/webhooks/${segment(webhookId)}/enable`, options, []);
  }

  /** Its deliveries wait until it is resumed. What is being sent right now may still arrive. Deliveries that have waited for as long as the log is kept are cancelled, with that reason. Switching it off cancels what waits and ends the pause. */
  pause(webhookId: string, body: PauseBody | undefined = undefined, options: Keyed = {}): Promise<Webhook> {
    return this.transport.send("POST", `/webhooks/${segment(webhookId)}/pause`, options, [], body);
  }

  /** Starts a replay of everything that never arrived since then: what failed, what was cancelled, and the events that it missed while it was switched off automatically. Each event is sent once. */
  recover(webhookId: string, body: RecoverBody, options: Keyed = {}): Promise<Replay> {
    return this.transport.send("POST", `/webhooks/${segment(webhookId)}/recover`, options, [], body);
  }

  /** Sends what waits, oldest first: all at once, or at the rate that you give. New deliveries do not wait behind the old ones. Resuming it again changes nothing. */
  resume(webhookId: string, body: ResumeBody | undefined = undefined, options: Keyed = {}): Promise<Webhook> {
    return this.transport.send("POST", `/webhooks/${segment(webhookId)}/resume`, options, [], body);
  }

  /** Only this answer shows the new `secret`. The old secret signs too for as long as you choose, if the format has room for two signatures. */
  rotateSecret(webhookId: string, body: RotateBody | undefined = undefined, options: Keyed = {}): Promise<Webhook> {
    return this.transport.send("POST", `/webhooks/${segment(webhookId)}/rotate-secret`, options, [], body);
  }

  /** Sends the sample of an event type now, or `data` of your own, which an organisation can do 30 times a minute. */
  test(webhookId: string, body: TestBody | undefined = undefined, options: Keyed & { wait?: number } = {}): Promise<Delivery> {
    return this.transport.send("POST", `/webhooks/${segment(webhookId)}/test`, options, ["wait"], body);
  }
}

/** Every operation of the API. */
export class Operations extends Resource {
  readonly actions = new ActionsApi(this.transport);
  readonly apiKeys = new ApiKeysApi(this.transport);
  readonly auditLog = new AuditLogApi(this.transport);
  readonly chatbotWebhooks = new ChatbotWebhooksApi(this.transport);
  readonly deliveries = new DeliveriesApi(this.transport);
  readonly device = new DeviceApi(this.transport);
  readonly eventTypes = new EventTypesApi(this.transport);
  readonly events = new EventsApi(this.transport);
  readonly hooks = new HooksApi(this.transport);
  readonly inboxes = new InboxesApi(this.transport);
  readonly invitations = new InvitationsApi(this.transport);
  readonly listeners = new ListenersApi(this.transport);
  readonly members = new MembersApi(this.transport);
  readonly messages = new MessagesApi(this.transport);
  readonly notifications = new NotificationsApi(this.transport);
  readonly replays = new ReplaysApi(this.transport);
  readonly stats = new StatsApi(this.transport);
  readonly webhooks = new WebhooksApi(this.transport);

  /** The API as OpenAPI 3.1. It needs no key. */
  openapi(options: Call = {}): Promise<Record<string, unknown>> {
    return this.transport.send("GET", `/openapi.json`, options, []);
  }

  /** The organisation and mode of the key, its scopes, and how much of the plan is used. */
  whoami(options: Call = {}): Promise<Whoami> {
    return this.transport.send("GET", `/whoami`, options, []);
  }
}
