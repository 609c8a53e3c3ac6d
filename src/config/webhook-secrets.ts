import { optional, secret } from './rules.ts'

const name = /^PROMPTBOX_WEBHOOK_[A-Z0-9_]{1,64}$/
/** What Kubernetes says of a service named `promptbox-webhook` is no secret. */
const kubernetesLink = /_SERVICE_(HOST|PORT)(_|$)|_PORT(_\d+_(TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?)?$/

const rule = optional(secret(16))

export function isWebhookSecret(variable: string): boolean {
  return name.test(variable) && !kubernetesLink.test(variable)
}

/** Secrets to sign webhooks with, by the whole name of their variable: an author names the variable and never sees it. */
export function readWebhookSecrets(environment: NodeJS.ProcessEnv): {
  readonly secrets: ReadonlyMap<string, string>
  readonly problems: readonly string[]
} {
  const problems: string[] = []
  const secrets = new Map<string, string>()
  for (const variable of Object.keys(environment).filter(isWebhookSecret)) {
    const read = rule.safeParse(environment[variable])
    if (!read.success) problems.push(...read.error.issues.map(({ message }) => `${variable} ${message}`))
    else if (read.data !== null) secrets.set(variable, read.data)
  }
  return { secrets, problems }
}
