import { elsewhere, variables } from './variables.ts'
import { isWebhookSecret } from './webhook-secrets.ts'

const prefix = 'PROMPTBOX_'

/**
 * Problems with variables that begin with PROMPTBOX_ and mean nothing. A mistyped name would otherwise leave a limit or a
 * protection at its default without a word.
 */
export function unknownVariables(environment: NodeJS.ProcessEnv): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && !Object.hasOwn(variables, name) && !elsewhere.includes(name))
    .filter((name) => !isWebhookSecret(name))
    .filter((name) => !isKubernetesLink(name, environment[name] ?? ''))
    .sort()
    .map((name) => {
      const near = nearestName(name)
      const fix = near === null ? 'Take it away; docs/configuration.md lists every variable.' : `Did you mean ${near}?`
      return `${name} is no variable of Promptbox. ${fix}`
    })
}

/** Kubernetes gives every pod addresses of the services around it, under names made from theirs. */
function isKubernetesLink(name: string, value: string): boolean {
  if (/_SERVICE_(HOST|PORT)(_|$)/.test(name)) return true
  return (
    /_PORT(_\d+_(TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?)?$/.test(name) &&
    (/^(tcp|udp|sctp):\/\//.test(value) || /_\d+_(TCP|UDP|SCTP)_/.test(name))
  )
}

function nearestName(name: string): string | null {
  const bare = name.slice(prefix.length)
  let nearest: string | null = null
  let least = 1 + Math.max(3, Math.floor(bare.length / 4))
  for (const known of Object.keys(variables)) {
    if (known === bare) return known
    const distance = editDistance(bare, known.startsWith(prefix) ? known.slice(prefix.length) : known)
    if (distance < least) {
      least = distance
      nearest = known
    }
  }
  return nearest
}

/** Levenshtein distance. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[right.length] ?? 0
}
