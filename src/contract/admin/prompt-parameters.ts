import { z } from 'zod'
import { aliasSchema } from '../names.ts'

/** Path parameter of everything below one prompt. */
export const promptParameters = z.strictObject({
  slug: aliasSchema.meta({ description: 'Slug or alias of the prompt.', examples: ['support-reply'] }),
})
