import type { InterchangeFormat } from './format.ts'
import { helicone } from './helicone.ts'
import { langfuse } from './langfuse.ts'
import { litellm } from './litellm.ts'
import { markdown } from './markdown.ts'
import { openai } from './openai/openai.ts'
import { portkey } from './portkey.ts'
import { promptbox } from './promptbox/read.ts'
import { promptlayer } from './promptlayer.ts'
import { tensorzero } from './tensorzero/tensorzero.ts'

/** Every format that prompts can be brought from, ours first. */
export const interchangeFormats: readonly InterchangeFormat[] = [
  promptbox,
  openai,
  langfuse,
  litellm,
  portkey,
  helicone,
  tensorzero,
  promptlayer,
  markdown,
]
