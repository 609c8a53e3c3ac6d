import type { GuardrailBody } from '../contract/guardrail-body.ts'
import { Fault } from '../core/fault.ts'
import type { JsonValue } from '../core/json.ts'
import { canonicalJson } from '../prompts/canonical-json.ts'
import { cleanStrings } from './storable-record.ts'

/** Throws Fault `invalid_request` for a text that `jsonb` cannot keep: U+0000, or half of a pair of surrogates. */
export function requireStorableGuardrail(body: GuardrailBody): void {
  for (const [field, value] of Object.entries(body)) {
    if (cleanStrings(value) === value) continue
    throw new Fault(
      'invalid_request',
      `\`${field}\` holds a text with the character U+0000 or half of a surrogate pair, which cannot be stored. Remove it.`,
      { param: field },
    )
  }
}

/** Names of the fields of two bodies that differ. */
export function changedGuardrailFields(before: GuardrailBody, after: GuardrailBody): readonly string[] {
  const [old, young] = [fieldsOf(before), fieldsOf(after)]
  return [...new Set([...old.keys(), ...young.keys()])].filter((field) => old.get(field) !== young.get(field))
}

/** Each field with its JSON, in an order of members that does not depend on where it was kept. */
function fieldsOf(body: GuardrailBody): ReadonlyMap<string, string> {
  const given = Object.entries(body).filter(([, value]) => value !== undefined)
  return new Map(given.map(([field, value]) => [field, canonicalJson(value as JsonValue)]))
}
