import { Fault } from '../core/fault.ts'
import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import { versionDefaults } from './compile-version.ts'
import type { VersionBody } from './compiled-version.ts'
import { fieldName } from './composition-error.ts'
import { compileJsonTemplate, type TemplateProblem } from './json-template.ts'
import { cachingWarnings } from './lint-caching.ts'
import { isClientPlaceholder, messageLists, untouchedInMessage } from './message-templates.ts'
import { blankPartials } from './partials.ts'
import {
  compileSchema,
  countParts,
  maxSchemaParts,
  namePattern,
  pointerSteps,
  schemaProblems,
} from './schema-compiler.ts'
import { defaultPath, placeholderVariables, usedVariables } from './used-variables.ts'
import { type Variables, compileVariables, declaredNames } from './variables.ts'

/** Something the author should know. `path` leads into the version body; `message` is a clause that follows its name. */
export interface LintFinding {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

export interface VersionLint {
  /** The version cannot be used. */
  readonly errors: readonly LintFinding[]
  /** It can, but perhaps not as meant. */
  readonly warnings: readonly LintFinding[]
}

/**
 * Looks for what the shape alone cannot show, in a body that `contract/version-body.ts` accepted: templates that do not
 * parse, schemas and patterns that cannot be used, defaults that break their own rule; variables used but not declared, or
 * declared and not used, test cases that could not run. While partials stand in it, only what needs no knowledge of them.
 */
export function lintVersionBody(body: VersionBody): VersionLint {
  const plain = blankPartials(body)
  const errors = [...templateErrors(plain), ...schemaErrors(body)]
  const warnings: LintFinding[] = []
  if (errors.length === 0 && plain === body) {
    const used = usedVariables(body)
    const placeholders = placeholderVariables(body)
    const schema = body.variables ?? null
    if (schema !== null) {
      lintDeclarations(schema, used, placeholders, errors, warnings)
      warnings.push(...placeholderWarnings(schema, placeholders))
    }
    warnings.push(...testCaseWarnings(body, compileVariables(schema, [...used.keys()], [...placeholders.keys()])))
    warnings.push(...cachingWarnings(body), ...outputWarnings(body))
  }
  const hasPlaceholder = messageLists(body).some(({ messages }) => messages.some(isClientPlaceholder))
  if (body.overrides?.locked?.includes('messages') === true && hasPlaceholder) {
    warnings.push({
      path: ['overrides', 'locked'],
      message: 'locks `messages`, so nothing will ever stand where the placeholder is',
    })
  }
  return { errors, warnings }
}

/**
 * The check every author's way in has to make.
 *
 * @param prefix name of the field that holds the version, such as `version`; empty when the body is the version.
 * @returns the warnings as sentences.
 * @throws Fault `invalid_request`, param the first field that is wrong, with everything that is wrong in the message.
 */
export function requireUsableVersion(body: VersionBody, prefix = ''): readonly string[] {
  const { errors, warnings } = lintVersionBody(body)
  const name = (finding: LintFinding): string => fieldName(finding.path, prefix)
  const sentence = (finding: LintFinding): string => `\`${name(finding)}\` ${finding.message}`
  const [first] = errors
  if (first === undefined) return warnings.map(sentence)
  const listed = errors.slice(0, 20).map(sentence)
  if (errors.length > listed.length) listed.push(`and ${errors.length - listed.length} more`)
  const message = listed.length === 1 ? listed.join('') : `${errors.length} problems: ${listed.join('; ')}`
  throw new Fault('invalid_request', `${message}.`, { param: name(first) })
}

function templateErrors(body: VersionBody): LintFinding[] {
  const findings: LintFinding[] = []
  const into = (path: readonly PropertyKey[]) => (problem: TemplateProblem) => {
    findings.push({ path: [...path, ...problem.path], message: `is no template: ${problem.error.message}` })
  }
  for (const { path, messages } of messageLists(body)) {
    for (const [index, message] of messages.entries())
      compileJsonTemplate(message, 'text', untouchedInMessage, into([...path, 'messages', index]))
  }
  for (const [name, value] of versionDefaults(body))
    compileJsonTemplate(value, 'typed', new Set(), into(defaultPath(body, name)))
  return findings
}

function schemaErrors(body: VersionBody): LintFinding[] {
  const findings: LintFinding[] = []
  let parts = 0
  const check = (schema: JsonValue | undefined, path: readonly PropertyKey[]): void => {
    if (!isJsonObject(schema) || parts > maxSchemaParts) return
    parts += countParts(schema, maxSchemaParts)
    if (parts > maxSchemaParts) {
      const message = `is too large: the schemas of a version may have ${maxSchemaParts} objects and lists together`
      findings.push({ path, message })
      return
    }
    for (const problem of schemaProblems(schema))
      findings.push({ path: [...path, ...problem.path], message: problem.message })
  }
  check(body.variables ?? undefined, ['variables'])
  if (body.variables !== undefined && body.variables !== null && findings.length === 0)
    findings.push(...defaultErrors(body.variables))
  check(body.output_schema ?? undefined, ['output_schema'])
  for (const [index, testCase] of (body.test_cases ?? []).entries()) {
    const checks = testCase['checks']
    if (!Array.isArray(checks)) continue
    for (const [at, { type, value }] of (checks as readonly JsonObject[]).entries()) {
      const path = ['test_cases', index, 'checks', at, 'value']
      if (type === 'json_schema') check(value, path)
      if (type === 'regex' && typeof value === 'string') findings.push(...patternErrors(value, path))
    }
  }
  return findings
}

function patternErrors(pattern: string, path: readonly PropertyKey[]): LintFinding[] {
  try {
    namePattern(pattern)
    return []
  } catch (error) {
    return [{ path, message: `cannot be used: ${error instanceof Error ? error.message : String(error)}` }]
  }
}

/** A default that breaks its own rule would refuse every request that relies on it. */
function defaultErrors(schema: JsonObject): LintFinding[] {
  const properties = schema['properties']
  if (!isJsonObject(properties)) return []
  const { required: _, ...rest } = schema
  const validate = compileSchema(rest, true)
  const findings: LintFinding[] = []
  for (const [name, property] of Object.entries(properties)) {
    const value = isJsonObject(property) ? ownMember(property, 'default') : undefined
    if (value === undefined) continue
    const values = Object.create(null) as Record<string, JsonValue>
    values[name] = structuredClone(value)
    if (validate(values)) continue
    const error = validate.errors?.find(({ instancePath }) => pointerSteps(instancePath)[0] === name)
    if (error !== undefined)
      findings.push({
        path: ['variables', 'properties', name, 'default'],
        message: `breaks the rule of its own variable: it ${error.message ?? 'is not valid'}`,
      })
  }
  return findings
}

function lintDeclarations(
  schema: JsonObject,
  used: ReadonlyMap<string, readonly PropertyKey[]>,
  placeholders: ReadonlyMap<string, readonly PropertyKey[]>,
  errors: LintFinding[],
  warnings: LintFinding[],
): void {
  const declared = declaredNames(schema)
  if (declared === null) return
  const patternProperties = schema['patternProperties']
  const patterns = isJsonObject(patternProperties) ? Object.keys(patternProperties).map(namePattern) : []
  for (const [name, path] of used) {
    if (declared.has(name) || placeholders.has(name) || patterns.some((matches) => matches(name))) continue
    if (schema['additionalProperties'] === false) {
      errors.push({
        path,
        message: `uses {{${name}}}, which \`variables\` does not declare and, by \`additionalProperties\`, does not allow`,
      })
    } else if (declared.size > 0) {
      warnings.push({
        path,
        message: `uses {{${name}}}, which \`variables\` does not declare: it is empty unless a request gives it`,
      })
    }
  }
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  for (const name of Object.keys(properties)) {
    if (!used.has(name) && !placeholders.has(name))
      warnings.push({ path: ['variables', 'properties', name], message: 'is used in no template' })
  }
  const required = Array.isArray(schema['required']) ? (schema['required'] as readonly JsonValue[]) : []
  for (const [index, name] of required.entries()) {
    if (typeof name !== 'string' || used.has(name) || placeholders.has(name) || Object.hasOwn(properties, name))
      continue
    warnings.push({
      path: ['variables', 'required', index],
      message: `is \`${name}\`, which no template uses and \`properties\` does not declare: still, a request without it is refused`,
    })
  }
}

function placeholderWarnings(
  schema: JsonObject,
  placeholders: ReadonlyMap<string, readonly PropertyKey[]>,
): LintFinding[] {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  const findings: LintFinding[] = []
  for (const name of placeholders.keys()) {
    const declared = ownMember(properties, name)
    const type = isJsonObject(declared) ? ownMember(declared, 'type') : undefined
    const types = Array.isArray(type) ? (type as readonly JsonValue[]) : [type]
    if (type === undefined || types.includes('array')) continue
    const message = `fills the placeholder \`${name}\`, so it must be a list of messages: declare it with {"type": "array"}`
    findings.push({ path: ['variables', 'properties', name, 'type'], message })
  }
  return findings
}

/** What is said of the output, and would not be checked as it sounds. */
function outputWarnings(body: VersionBody): LintFinding[] {
  const { output_format: format = 'text', on_output_mismatch: onMismatch } = body
  const hasSchema = (body.output_schema ?? null) !== null
  if (hasSchema && (format === 'markdown' || format === 'code')) {
    const message = `is \`${format}\`, but the version has an \`output_schema\`: the answer has to be JSON`
    return [{ path: ['output_format'], message }]
  }
  if (!hasSchema && format === 'structured') {
    const message = 'is `structured`, but there is no `output_schema`: only that the answer is JSON is checked'
    return [{ path: ['output_format'], message }]
  }
  if (!hasSchema && format === 'text' && onMismatch !== undefined) {
    const message = 'has no effect: without `output_schema` or another `output_format` nothing is checked'
    return [{ path: ['on_output_mismatch'], message }]
  }
  return []
}

function testCaseWarnings(body: VersionBody, variables: Variables): LintFinding[] {
  const findings: LintFinding[] = []
  for (const [index, testCase] of (body.test_cases ?? []).entries()) {
    const given = ownMember(testCase, 'variables') ?? {}
    if (!isJsonObject(given)) continue
    try {
      const { unknown } = variables.read(given)
      for (const name of unknown)
        findings.push({ path: ['test_cases', index, 'variables', name], message: 'is not known to the prompt' })
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      findings.push({
        path: ['test_cases', index, 'variables'],
        message: `cannot be run with: ${error.message.replace(/\.$/, '')}`,
      })
    }
  }
  return findings
}
