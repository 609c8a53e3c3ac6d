import type { PromptFilter } from '../store/ports.ts'

/** A filter as the wire has it. */
export interface WireFilter {
  readonly q?: string | undefined
  readonly category?: string | undefined
  readonly use_case?: string | undefined
  readonly domain?: string | undefined
  readonly complexity?: string | undefined
  readonly owner?: string | undefined
  readonly app_context?: string | undefined
  readonly tag?: string | undefined
  readonly compliance_tag?: string | undefined
  readonly label?: string | undefined
  readonly agent?: string | undefined
  readonly archived?: boolean | undefined
}

export function promptFilter(wire: WireFilter): Omit<PromptFilter, 'limit' | 'cursor'> {
  const { use_case: useCase, app_context: appContext, compliance_tag: complianceTag, ...same } = wire
  return { ...same, useCase, appContext, complianceTag }
}
