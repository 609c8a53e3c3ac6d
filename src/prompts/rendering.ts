import type { JsonObject } from '../core/json.ts'
import { type CompressedMessage, compressMessage } from './compress-message.ts'
import type { Expanded } from './compiled-version.ts'
import type { JsonTemplate } from './json-template.ts'

/** How the messages of a version are rendered for one request. */
export interface Rendering {
  /** One message as raw JSON text. */
  readonly render: (template: JsonTemplate) => string
  /** What compression changed in the messages rendered so far, joined. */
  readonly compressed: () => Expanded['compressed']
}

export type OpenRendering = (values: JsonObject) => Rendering

/** As the template says. */
export const plainRendering: OpenRendering = (values) => ({
  render: (template) => template.render(values),
  compressed: () => null,
})

/** With the texts compressed once the variables are filled in. Messages without a variable are compressed the first time only. */
export function compressedRendering(): OpenRendering {
  const fixed = new Map<JsonTemplate, CompressedMessage>()
  return (values) => {
    const before: string[] = []
    const after: string[] = []
    return {
      render: (template) => {
        let message = fixed.get(template)
        if (message === undefined) {
          message = compressMessage(template.render(values))
          if (template.fixed !== null) fixed.set(template, message)
        }
        before.push(...message.before)
        after.push(...message.after)
        return message.raw
      },
      compressed: () => (after.length === 0 ? null : { before: before.join('\n'), after: after.join('\n') }),
    }
  }
}
