import { z } from 'zod'
import type { JsonObject } from '../core/json.ts'

/** One message of a version's template: OpenAI's shape with variables in its texts, or the place of the client's messages. */

const contentRule = 'must be a text, or a list of content parts such as {"type": "text", "text": "…"}'

const part = z
  .looseObject({ type: z.string() })
  .refine((value) => value.type !== 'text' || typeof value['text'] === 'string', {
    path: ['text'],
    message: 'must be a text: the part is of type `text`',
  })

const content = z.union([z.string(), z.array(part).min(1, 'must have at least one part')], contentRule)

const name = z.string().min(1, 'must not be empty').optional()

const systemMessage = z.looseObject({ role: z.enum(['system', 'developer']), content, name })
const userMessage = z.looseObject({ role: z.literal('user'), content, name })
const assistantMessage = z
  .looseObject({
    role: z.literal('assistant'),
    content: content.nullable().optional(),
    name,
    tool_calls: z.array(z.record(z.string(), z.unknown())).optional(),
  })
  .refine(
    (message) =>
      (message.content !== undefined && message.content !== null) ||
      message.tool_calls !== undefined ||
      typeof message['refusal'] === 'string',
    {
      path: ['content'],
      message: 'is missing; only an assistant message with `tool_calls` or `refusal` may leave it out',
    },
  )
const toolMessage = z.looseObject({
  role: z.literal('tool'),
  content,
  tool_call_id: z.string().min(1, 'must be the id of the tool call this answers'),
})

const placeholderRule =
  'must be `messages`, `examples`, or the name of a variable that holds messages: 1 to 128 letters, digits, `_`, `$` or `-`'

const placeholder = z
  .strictObject({
    role: z.literal('placeholder'),
    // As the names of variables in templates.
    name: z.string(placeholderRule).regex(/^[\p{L}\p{N}\p{M}_$-]{1,128}$/u, placeholderRule),
  })
  .meta({
    description:
      'Other messages stand here: by the name `messages` those of the request, `examples` the examples of the version, by any other name those in the variable of that name.',
  })

const roleRule = 'must be one of `system`, `developer`, `user`, `assistant`, `tool`, `placeholder`'

export const messageSchema = z.discriminatedUnion(
  'role',
  [systemMessage, userMessage, assistantMessage, toolMessage, placeholder],
  {
    error: (issue) => (issue.code === 'invalid_union' ? roleRule : undefined),
  },
) as unknown as z.ZodType<JsonObject>
