import { versionDefaults } from './compile-version.ts'
import type { VersionBody } from './compiled-version.ts'
import { compileJsonTemplate } from './json-template.ts'
import { compileMessage, isPlaceholder, messageLists, placeholderVariable } from './message-templates.ts'

/**
 * Names of the variables that the templates of a version use, each with one place where (a path into the body).
 *
 * @throws TemplateError when a template does not parse.
 */
export function usedVariables(body: VersionBody): Map<string, readonly PropertyKey[]> {
  const used = new Map<string, readonly PropertyKey[]>()
  const note = (paths: readonly { readonly variable: string }[], place: readonly PropertyKey[]): void => {
    for (const { variable } of paths) if (!used.has(variable)) used.set(variable, place)
  }
  for (const { path, messages } of messageLists(body)) {
    for (const [index, message] of messages.entries()) {
      if (!isPlaceholder(message)) note(compileMessage(message).paths, [...path, 'messages', index])
    }
  }
  for (const [name, value] of versionDefaults(body))
    note(compileJsonTemplate(value, 'typed').paths, defaultPath(body, name))
  return used
}

/** Names of the variables that hold messages, each with the first placeholder they fill. */
export function placeholderVariables(body: VersionBody): Map<string, readonly PropertyKey[]> {
  const found = new Map<string, readonly PropertyKey[]>()
  for (const { path, messages } of messageLists(body)) {
    for (const [index, message] of messages.entries()) {
      const name = placeholderVariable(message)
      if (name !== null && !found.has(name)) found.set(name, [...path, 'messages', index])
    }
  }
  return found
}

/** Where in the body a member of `versionDefaults` was set. */
export function defaultPath(body: VersionBody, name: string): readonly PropertyKey[] {
  const isOwnField = (name === 'tools' || name === 'response_format') && body[name] !== undefined && body[name] !== null
  return isOwnField ? [name] : ['parameters', name]
}
