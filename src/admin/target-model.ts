import { Fault } from '../core/fault.ts'
import type { AdminDependencies } from './dependencies.ts'

/**
 * Refuses the name of a model that no request could ever reach: `<provider>/…` of a provider that is not known. Bare names pass: they may be a route, an alias or a model of tomorrow. Fault `invalid_request` naming `param`.
 */
export function checkTargetModel(
  name: string,
  param: string,
  { providers, snapshot }: Pick<AdminDependencies, 'providers' | 'snapshot'>,
): void {
  const slash = name.indexOf('/')
  // What operators call a model may have a slash in it too.
  if (slash === -1 || snapshot().models.has(name)) return
  const prefix = name.slice(0, slash)
  const isKnown = providers.some((provider) => provider.id === prefix || provider.aliases.includes(prefix))
  if (isKnown && slash < name.length - 1) return
  const known = providers.map((provider) => provider.id).sort()
  throw new Fault(
    'invalid_request',
    `\`${param}\` names \`${name}\`, which is neither \`<provider>/<model>\` of a known provider nor the alias of a model. Known providers: ${known.join(', ')}.`,
    { param },
  )
}
