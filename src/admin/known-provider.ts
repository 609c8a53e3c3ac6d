import { Fault } from '../core/fault.ts'
import type { KnownProvider } from './dependencies.ts'

/** The provider by id or by one of its further prefixes. Fault `invalid_request` listing the known ones. */
export function knownProvider(name: string, providers: readonly KnownProvider[], param: string): KnownProvider {
  const found = providers.find((provider) => provider.id === name || provider.aliases.includes(name))
  if (found !== undefined) return found
  const known = providers.map((provider) => provider.id).sort()
  throw new Fault(
    'invalid_request',
    `\`${param}\` names the provider \`${name}\`, which is not known. Known: ${known.join(', ')}.`,
    { param },
  )
}
