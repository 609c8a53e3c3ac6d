/**
 * Marks that only the software around a model writes: the tokens and headings that separate the roles of a chat. A text
 * that a user sends and that has them pretends to be somebody else.
 */
const roleToken =
  /<\|(?:im_start|im_end|im_sep|system|user|assistant|end|eot_id|start_header_id|end_header_id|endoftext)\|>/
const roleTag = /\[\/?inst\]|<<\/?sys>>|<\/?(?:system|sys|admin)(?:[ _-](?:prompt|message|override|instructions?))?>/
const imageWithData = /!\[[^\]\n]{0,80}\]\(https?:\/\/[^)\s?=]{1,120}[?=][^)\s{[<$%]{0,100}[{[<$%]/

/** Who may give orders, and what beside it makes the word a heading or a call for obedience. */
const authorities = ['system', 'admin', 'developer', 'instruction', 'end of'] as const
const beforeReach = 12
const afterReach = 28
const mostLooks = 12
const heading =
  /(?:^|\n)[ \t]{0,4}(?:#{1,6}|\[|\*\*|=+|-{3,})[ \t]{0,2}(?:new |end of )?(?:system|admin(?:istrator)?|developer|instructions?)(?:[ _-](?:message|prompt|override|note|instructions?))?[ \t]{0,2}(?:\]|:|\*\*|=+|-{3,}|#{2,})/
const order =
  /\b(?:(?:system|admin(?:istrator)?|developer)[ _-]override\b|new (?:system )?instructions? *:|end of (?:the )?(?:prompt|user input|input|context|system prompt|system message|instructions)\b)/

/** How many such marks a normalised text has, each sort counted once. Linear: every look is at a bounded stretch. */
export function structuralRules(text: string): number {
  let hits = 0
  if (text.includes('<|') && roleToken.test(text)) hits++
  if ((text.includes('[') || text.includes('<')) && roleTag.test(text)) hits++
  if (text.includes('![') && imageWithData.test(text)) hits++
  return hits + authorityRules(text)
}

function authorityRules(text: string): number {
  let found = 0
  let looks = 0
  for (const authority of authorities)
    for (
      let at = text.indexOf(authority);
      at >= 0 && looks < mostLooks;
      at = text.indexOf(authority, at + afterReach)
    ) {
      looks++
      const around = text.slice(Math.max(0, at - beforeReach), at + afterReach)
      if (heading.test(at <= beforeReach ? around : `.${around}`)) found |= 1
      if (order.test(around)) found |= 2
    }
  return (found & 1) + (found >> 1)
}
