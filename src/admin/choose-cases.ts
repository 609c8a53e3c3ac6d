import { fieldPath } from '../contract/admin/explain-issues.ts'
import { type TestCase, readTestCase } from '../contract/test-case.ts'
import { Fault } from '../core/fault.ts'
import type { JsonObject } from '../core/json.ts'
import { lintVersionBody } from '../prompts/lint-version.ts'
import type { StoredVersion } from '../store/ports.ts'

/**
 * The cases to run: all of the version, or those that are wanted, by their names or as they are given. Fault `conflict`, code
 * `no_test_cases`, when the version has none and none are given; `invalid_request` for a name that it has not.
 */
export function chooseCases(
  version: StoredVersion,
  wanted: readonly (string | TestCase)[] | undefined,
): readonly TestCase[] {
  const stored = storedCases(version)
  if (wanted === undefined) {
    if (stored.length > 0) return stored
    throw new Fault(
      'conflict',
      `Version ${version.version} of prompt '${version.slug}' has no test cases. Add a version with \`test_cases\`, or send \`cases\`.`,
      { code: 'no_test_cases' },
    )
  }
  requireUsable(wanted)
  const chosen = wanted.map((each, index) => (typeof each === 'string' ? named(stored, each, index, version) : each))
  const names = new Set<string>()
  for (const [index, { name }] of chosen.entries()) {
    if (names.has(name)) throw refused(`cases[${index}]`, 'is the name of an earlier case; each needs its own')
    names.add(name)
  }
  return chosen
}

function storedCases({ slug, version, body }: StoredVersion): readonly TestCase[] {
  return (body.test_cases ?? []).map((value, index) => {
    const testCase = readTestCase(value)
    if (testCase !== null) return testCase
    throw new Fault(
      'conflict',
      `\`test_cases[${index}]\` of version ${version} of prompt '${slug}' was written for another Promptbox and cannot be run. Add a version in which it is right.`,
      { code: 'unusable_test_case' },
    )
  })
}

function named(stored: readonly TestCase[], name: string, index: number, version: StoredVersion): TestCase {
  const found = stored.find((testCase) => testCase.name === name)
  if (found !== undefined) return found
  const known = stored.length === 0 ? 'It has none' : `It has ${stored.slice(0, 20).map(quoted).join(', ')}`
  throw refused(`cases[${index}]`, `is no test case of version ${version.version}. ${known}`)
}

const quoted = ({ name }: TestCase): string => `'${name}'`

/** What was saved with a version was looked at then; what comes with the request is looked at now, by the same code. */
function requireUsable(wanted: readonly (string | TestCase)[]): void {
  const given = wanted.map((each) => (typeof each === 'string' ? { name: each, checks: [] } : each))
  const cases = given as unknown as readonly JsonObject[]
  const { errors } = lintVersionBody({ messages: [], model: 'mock/echo', test_cases: cases })
  const [first] = errors
  if (first !== undefined) throw refused(fieldPath(['cases', ...first.path.slice(1)]), first.message)
}

function refused(param: string, rule: string): Fault {
  return new Fault('invalid_request', `\`${param}\` ${rule.replace(/\.$/, '')}.`, { param })
}
