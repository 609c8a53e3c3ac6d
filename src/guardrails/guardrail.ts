import type { z } from 'zod'
import type { RemoteDetector, RemoteServices } from './remote.ts'

/** Where a guardrail looks: at what goes to the model, at what comes back. */
export const stages = ['input', 'output'] as const
export type Stage = (typeof stages)[number]

/** Whose words a text of a request is. `assistant` also for everything that a model answers. */
export const roles = ['system', 'user', 'assistant', 'tool'] as const
export type Role = (typeof roles)[number]

/** Something a detector found in one text. */
export interface Finding {
  /** Lower snake case, such as `email` or `aws_access_key`; a placeholder is named for it. */
  readonly kind: string
  /** UTF-16 offsets into the text that was read, end exclusive. A finding about the text as a whole spans all of it. */
  readonly start: number
  readonly end: number
  /** How sure the detector is, 0 to 1. */
  readonly score: number
  /** Too uncertain to block or redact for: worth a flag whatever the guardrail's action is. */
  readonly flagOnly?: true
}

/**
 * Reads one text in pieces, as a stream brings it. What it finds depends on the text alone and never on where it was cut:
 * a whole text is one piece and an end, so that a streamed answer is protected exactly as a whole one is.
 */
export interface TextScanner {
  /**
   * Takes the next piece and adds what it found to `findings`, with offsets from the beginning of the text, in no order.
   * @returns how much of the text is decided: no finding added later begins or ends before this offset. Never falls.
   */
  push(piece: string, findings: Finding[]): number
  /** The text is over: adds what is left. */
  end(findings: Finding[]): void
  /** It has put work off, so as not to hold up others: rest, and push an empty piece. Left out: never. */
  readonly isBehind?: boolean
  /** Does a part of what `end` would do at once, which is then not to be called. @returns true when all of it is done. */
  endStep?(findings: Finding[]): boolean
}

/**
 * How soon a detector knows. `tokens`: a few characters later, because what it looks for lies in one bounded stretch of
 * text; `windows`: at the end of a sentence or window; `whole`: at the end of the text.
 */
export type Reach = 'tokens' | 'windows' | 'whole'

/** A detector with its settings, ready to read any number of texts. Synchronous, in this process. */
export interface LocalDetector {
  readonly reach: Reach
  /** A scanner for one text. Throwing, here or in the scanner, is an error of the guardrail, which `on_error` decides. */
  open(stage: Stage): TextScanner
}

interface TypeOfGuardrail<Settings> {
  /** As in the admin API. */
  readonly type: string
  /** One sentence for the list of types. */
  readonly summary: string
  /** Its settings: type, validation, documentation and form in one. Everything has a default where one makes sense. */
  readonly settings: z.ZodType<Settings>
  /** Its findings say where they are, so that they can be taken out. */
  readonly hasSpans: boolean
  /** Whose words it reads unless the guardrail says otherwise. */
  readonly roles: readonly Role[]
  /** Names of settings that are written and never shown again. */
  readonly secretSettings?: readonly string[]
}

export interface LocalType<Settings = unknown> extends TypeOfGuardrail<Settings> {
  readonly isRemote: false
  /** Throws a Fault `invalid_request` for settings whose shape is right and that cannot be used, such as a bad pattern. */
  create(settings: Settings): LocalDetector
}

export interface RemoteType<Settings = unknown> extends TypeOfGuardrail<Settings> {
  readonly isRemote: true
  create(settings: Settings, services: RemoteServices): RemoteDetector
}

/** One kind of guardrail; a file of its own in this room, and an entry in `index.ts`. */
export type GuardrailType<Settings = unknown> = LocalType<Settings> | RemoteType<Settings>
