import { createHash } from 'node:crypto'
import type {
  GuardrailAction,
  GuardrailBody,
  GuardrailMode,
  GuardrailScope,
  GuardrailSeverity,
  StreamMode,
} from '../contract/guardrail-body.ts'
import { Fault } from '../core/fault.ts'
import { type JsonObject, isJsonObject } from '../core/json.ts'
import { type CheckedGuardrail, checkGuardrail } from './check-guardrail.ts'
import { type Finding, type LocalDetector, type Role, type Stage, roles, stages } from './guardrail.ts'
import type { RemoteDetector, RemoteServices } from './remote.ts'

/** A guardrail as the request path uses it: checked, its detector made, its defaults filled in. */
export interface Rule {
  readonly slug: string
  readonly type: string
  readonly stages: ReadonlySet<Stage>
  readonly roles: ReadonlySet<Role>
  readonly action: GuardrailAction
  readonly severity: GuardrailSeverity
  readonly mode: GuardrailMode
  readonly onError: 'open' | 'closed'
  readonly streamMode: StreamMode
  readonly scope: GuardrailScope
  /** Its findings say where they are. */
  readonly hasSpans: boolean
  /** Values that were redacted on the way in come back on the way out. */
  readonly restores: boolean
  /** Changes whenever anything of the guardrail does. */
  readonly fingerprint: string
  readonly detector:
    | { readonly kind: 'local'; readonly local: LocalDetector }
    | { readonly kind: 'remote'; readonly remote: RemoteDetector }
    /** It is stored and cannot be used: an error each time it is to look. */
    | { readonly kind: 'broken'; readonly problem: string }
}

/** Makes a rule of a stored guardrail. Never throws: one that cannot be used is a rule that fails each time, visibly. */
export function ruleOf(slug: string, body: GuardrailBody, services: RemoteServices): Rule {
  try {
    const checked = checkGuardrail(body)
    return { ...frameOf(slug, body), ...readyOf(checked, services) }
  } catch (error) {
    const problem = error instanceof Fault ? error.message.replace(/\.$/, '') : 'its detector could not be made'
    return {
      ...frameOf(slug, body),
      onError: body.on_error ?? (body.action === 'flag' ? 'open' : 'closed'),
      roles: new Set(body.roles ?? roles),
      streamMode: 'full',
      hasSpans: false,
      restores: false,
      detector: { kind: 'broken', problem: `it cannot be used as it is stored: ${problem}` },
    }
  }
}

type Frame = Pick<Rule, 'slug' | 'type' | 'stages' | 'action' | 'severity' | 'mode' | 'scope' | 'fingerprint'>

function frameOf(slug: string, body: GuardrailBody): Frame {
  const { type, stages, action, severity, mode } = body
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([slug, body]))
    .digest('base64url')
  return { slug, type, stages: new Set(stages), action, severity, mode, scope: body.scope ?? {}, fingerprint }
}

function readyOf(
  { body, detector, onError, streamMode }: CheckedGuardrail,
  services: RemoteServices,
): Omit<Rule, keyof Frame> {
  return {
    onError,
    streamMode,
    roles: new Set(body.roles ?? detector.type.roles),
    hasSpans: detector.type.hasSpans,
    restores: body.action === 'redact' && restoreSetting(body.settings),
    detector: detector.isRemote
      ? { kind: 'remote', remote: detector.type.create(detector.settings, services) }
      : { kind: 'local', local: detector.local },
  }
}

/** Contract 3.5: `restore` of the settings gives the client its own values back. Left out: it does. */
function restoreSetting(settings: JsonObject): boolean {
  return !isJsonObject(settings) || settings['restore'] !== false
}

/** A guardrail that a version asks for and that is not there: nothing goes through unguarded for that. */
export function missingRule(slug: string): Rule {
  return {
    slug,
    type: 'missing',
    stages: new Set(stages),
    roles: new Set(roles),
    action: 'block',
    severity: 'critical',
    mode: 'enforce',
    onError: 'closed',
    streamMode: 'full',
    scope: {},
    hasSpans: false,
    restores: false,
    fingerprint: `missing ${slug}`,
    detector: { kind: 'broken', problem: 'the version asks for it and it does not exist' },
  }
}

const strength: Readonly<Record<GuardrailAction, number>> = { flag: 0, redact: 1, block: 2 }

/**
 * The same rule as a version asks for it: stricter, never weaker.
 *
 * @param action counts where it is stronger than the rule's own.
 */
export function strengthened(
  rule: Rule,
  { action, mode }: { readonly action?: 'block' | 'redact' | undefined; readonly mode?: 'enforce' | undefined },
): Rule {
  const isStronger = action !== undefined && strength[action] > strength[rule.action]
  const next: Rule = {
    ...rule,
    ...(isStronger && action === 'redact' && !rule.hasSpans
      ? { detector: { kind: 'broken', problem: 'it judges a text and finds no places in it, so it cannot redact' } }
      : {}),
    ...(isStronger ? { action, onError: 'closed' as const, streamMode: streamModeFor(rule, action) } : {}),
    ...(mode === undefined ? {} : { mode }),
  }
  const fingerprint = `${rule.fingerprint}+${next.action}+${next.mode}`
  return { ...next, fingerprint }
}

function streamModeFor(rule: Rule, action: 'block' | 'redact'): StreamMode {
  const reach = rule.detector.kind === 'local' ? rule.detector.local.reach : 'whole'
  if (reach === 'tokens') return action === 'redact' ? 'redact' : 'sync'
  return reach === 'windows' && action === 'block' ? 'sync' : 'full'
}

/** Something follows from what the rule finds: text has to wait for it. */
export function enforces(rule: Rule): boolean {
  return rule.mode === 'enforce' && rule.action !== 'flag'
}

/** Its own failure blocks. */
export function failsClosed(rule: Rule): boolean {
  return rule.mode === 'enforce' && rule.onError === 'closed'
}

/** What this finding comes to under this rule, were it enforced. */
export function consequenceOf(rule: Rule, finding: Finding): GuardrailAction {
  return finding.flagOnly === true ? 'flag' : rule.action
}
