import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compressText } from '../../src/prompts/compress.ts'
import { jsonInText } from '../../src/prompts/json-in-text.ts'

const wordsOf = (text: string): string[] => text.split(/[ \t\r\n]+/).filter((word) => word !== '')

describe('prose', () => {
  it.each([
    ['runs of spaces become one', 'You  answer   for Acme.', 'You answer for Acme.'],
    ['runs with tabs become one space', 'You \t answer\t\tfor Acme.', 'You answer for Acme.'],
    ['spaces at the end of a line go', 'One. \nTwo.\t\nThree.   ', 'One.\nTwo.\nThree.'],
    ['a text of spaces has nothing to say', ' \n \t\n  ', '\n\n'],
    ['three blank lines become one', 'One.\n\n\n\nTwo.', 'One.\n\nTwo.'],
    ['many blank lines become one, with spaces in them too', 'One.\n \n\t\n\n\n\n  \nTwo.', 'One.\n\nTwo.'],
    ['two blank lines stay', 'One.\n\n\nTwo.', 'One.\n\n\nTwo.'],
    ['line breaks of Windows stay', 'One.  a \r\n\r\n\r\n\r\nTwo.', 'One. a\r\n\r\nTwo.'],
    ['an ending line break stays', 'One.  \n', 'One.\n'],
    ['indentation stays', '   One  two', '   One two'],
    ['headings stay headings', '#  Rules \n##   More', '# Rules\n## More'],
    ['a single space and a single tab stay', 'a b\tc', 'a b\tc'],
    ['other white space is no business of ours', 'a\u00a0\u00a0b\u2003\u2003c\fd', 'a\u00a0\u00a0b\u2003\u2003c\fd'],
  ])('%s', (_name, text, expected) => {
    expect(compressText(text)).toBe(expected)
  })
})

describe('what markdown reads stays', () => {
  it.each([
    ['two spaces that break a line', 'Roses are red,  \nviolets are blue.', 'Roses are red,  \nviolets are blue.'],
    ['more than two break it just as well', 'red,     \nblue', 'red,  \nblue'],
    ['at the end of a paragraph they break nothing', 'red,  \n\nblue  ', 'red,\n\nblue'],
    ['a backslash does not come to stand at the end of a line', 'one\\ \ntwo', 'one\\ \ntwo'],
    [
      'indentation and markers of lists',
      '-   one  two\n  1.  three  four\n*  five',
      '-   one two\n  1.  three four\n*  five',
    ],
    ['markers of quotations', '>  one  two\n> >   three  four', '>  one two\n> >   three four'],
    ['lines across', '-  -  -\n*   *   *', '-  -  -\n*   *   *'],
  ])('%s', (_name, text, expected) => {
    expect(compressText(text)).toBe(expected)
  })
})

describe('stays byte for byte:', () => {
  it.each([
    ['a fence of backticks', '```python\nx  =  1  \n\n\n\n\ny\t=\t2\n```'],
    ['a fence of tildes with backticks in it', '~~~\na  b\n```\nc  d\n~~~'],
    ['a fence that a shorter one does not close', '````\na  b\n```\nc  d\n````'],
    ['a fence that an opening one does not close', '```\na  b\n```js\nc  d\n```'],
    ['a fence that never closes', 'One.\n```\na  b\n\n\n\n\nc  d  '],
    ['a fence in a list', '- one\n\n  ```\n  a  b\n  ```'],
    ['a fence on the line of a list item', '1. ```\n   a  b\n   ```'],
    ['a fence deep in a list', '- a\n  - b\n    - c\n\n      ```\n      a  b\n      ```'],
    ['a fence in a quotation', '> ```\n> a  b\n> ```'],
    ['a fence behind one that a quotation ends', '> ```\n> a  b\n\n```\nc  d\n```'],
    ['a fence behind one in indented code', 'One:\n\n    ```\n\n```\nc  d\n```'],
    ['a fence behind a line that only looks like one', '```not `a` fence```\n\n```\na  b\n```'],
    ['code in a line', 'Use `a  b` and ``c ` d  e`` here.'],
    ['code over two lines', 'Use `a\nb  c` here.'],
    ['code behind a lone backtick of a list item', '- it` s\n- use `a  b`'],
    ['code behind an escaped backtick', 'A \\` and `a  b`.'],
    ['indented code', 'One:\n\n    a  b  \n\n\n\n\n    c  d\n\nTwo.'],
    ['code indented by a tab', 'One:\n\n\ta  b\n'],
    ['code in a list item', '-     a  b\n'],
    ['a table', '| name   | age |\n|--------|-----|\n| Ada    |  36 |'],
    ['a table without outer bars', 'name   | age\n-------|----\nAda    |  36'],
    ['columns under each other', 'name    age\nAda      36\nCharles  79'],
    ['columns with tabs, empty ones too', 'name\tage\tcity\nAda\t\tLondon'],
    ['preformatted text', 'See <pre>a  b\n\n\n\n\nc  d</pre>'],
    ['a block of preformatted text', '<PRE class="x">\na  b\n```\nc  d\n</PRE>'],
    ['a block of preformatted text that never ends', '<pre>\na  b\n\n\n\n\nc'],
    ['a fence behind preformatted text with one in it', '<pre>\n```\n</pre>\n\n```\na  b\n```'],
    ['what stands between CDATA marks', '<note><![CDATA[a  b\n  c  d]]></note>'],
    ['tags', '<a title="x  y" href="#">One</a>'],
    ['JSON on one line', '{"a":  "b  c",   "d": [1,  2]}'],
    ['JSON over lines', '{\n  "a"  :  1,\n\n\n\n\n  "b": [ ]  \n}'],
    ['JSON in a sentence', 'Answer {"a":  1} or [true,  "x\\"  y"].'],
    ['JSON in what is none', 'Call f({"a":  1,  "b": {}}, x).'],
    ['JSON in a list that never ends', '[ {"a":  1}, {"b":  "c"},'],
    ['JSON in a text that imitates JSON', '{"a {"b":  1}'],
    ['a text of JSON', '"a  b  c"'],
    ['a text with carriage returns of their own', 'a  b\rc  d\r\n'],
  ])('%s', (_name, text) => {
    expect(compressText(text)).toBe(text)
  })

  it('what stands around it is compressed all the same', () => {
    expect(compressText('Use  `a  b`  now. \n\n\n\n```\nx  y\n```\n\n\n\nSay  {"a":  1}  twice. ')).toBe(
      'Use `a  b` now.\n\n```\nx  y\n```\n\nSay {"a":  1} twice.',
    )
  })

  it('what only looks like it is prose', () => {
    expect(compressText('[see  there]  {not  json}  <3  4  `one')).toBe('[see there] {not json} <3 4 `one')
    expect(compressText('```not  `a`  fence```  x')).toBe('```not  `a`  fence``` x')
    expect(compressText('<prefix>a  b</prefix>\n<code_style>c  d</code_style>')).toBe(
      '<prefix>a b</prefix>\n<code_style>c d</code_style>',
    )
  })
})

describe('of every text', () => {
  const gap = fc.constantFrom(' ', '  ', '   ', '\t', ' \t ')
  const word = fc.constantFrom(
    'a',
    'Ada.',
    '`',
    '``',
    '\\`',
    '`x  y`',
    '{',
    '}',
    '[',
    '"',
    '1.',
    '-',
    '>',
    '#',
    '|',
    '\\',
    '<b>',
    '<pre>',
    '</pre>',
    '{"a":  1}',
  )
  const start = fc.constantFrom(
    '',
    '',
    '',
    ' ',
    '  ',
    '    ',
    '\t',
    '- ',
    '-     ',
    '1.  ',
    '> ',
    '```',
    '```js',
    '~~~',
    '## ',
  )
  const line = fc
    .tuple(start, fc.array(fc.tuple(word, gap), { maxLength: 5 }))
    .map(([begin, pieces]) => begin + pieces.flat().join(''))
  const anyText = fc.oneof(
    fc
      .array(fc.oneof(line, gap, fc.constant(''), fc.constant('')), { maxLength: 14 })
      .chain((lines) => fc.constantFrom('\n', '\n', '\r\n').map((lineBreak) => lines.join(lineBreak))),
    fc.string({
      unit: fc.constantFrom(
        ' ',
        ' ',
        '\t',
        '\n',
        '\n',
        '\r',
        '`',
        '~',
        '>',
        '-',
        'a',
        '<',
        '{',
        '"',
        '|',
        '\\',
        '1',
        '.',
      ),
      maxLength: 60,
    }),
  )

  it('doing it twice changes nothing more, and no word is lost, moved or made', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = compressText(text)
        expect(compressText(once)).toBe(once)
        expect(wordsOf(once)).toEqual(wordsOf(text))
        expect(once.length).toBeLessThanOrEqual(text.length)
      }),
      { numRuns: 3_000 },
    )
  })

  const prose = fc
    .array(fc.tuple(fc.constantFrom('One', 'two.', 'three,', '(four)', 'it’s'), gap), { minLength: 1, maxLength: 6 })
    .map((pieces) => pieces.flat().join(''))
  const codeLine = fc.array(fc.oneof(gap, fc.constantFrom('x', '=', '{', '"', '`', '- ', '<i>', '|')), { maxLength: 8 })
  const code = fc
    .array(
      codeLine.map((pieces) => pieces.join('')),
      { maxLength: 6 },
    )
    .map((lines) => lines.join('\n'))
  const block = fc.oneof(
    prose.map((text) => ({ text, exact: false })),
    code.map((text) => ({ text: `~~~~x\n${text}\n~~~~`, exact: true })),
    code.map((text) => ({ text: `\`\`\`\`\n${text}\n\`\`\`\``, exact: true })),
    code.map((text) => ({ text: `<pre>\n${text}\n</pre>`, exact: true })),
    fc.tuple(fc.json({ maxDepth: 3 }), fc.integer({ min: 0, max: 5 })).map(([json, indent]) => ({
      text: JSON.stringify({ value: JSON.parse(json) as unknown }, null, indent),
      exact: true,
    })),
  )

  it('fenced code, preformatted text and JSON come through byte for byte, in their order', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 8 }), (blocks) => {
        const after = compressText(blocks.map(({ text }) => text).join('\n\n'))
        let position = 0
        for (const { text } of blocks.filter(({ exact }) => exact)) {
          const found = after.indexOf(text, position)
          expect(found, `${JSON.stringify(text)} in ${JSON.stringify(after)}`).not.toBe(-1)
          position = found + text.length
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('every JSON object and list in it is found, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.json(), fc.constantFrom('{', '[', '"', 'x', ',', ']', '}')), { maxLength: 5 }),
        (parts) => {
          const text = parts.join(' ')
          for (const { start, end } of jsonInText(text) ?? []) JSON.parse(text.slice(start, end))
          for (const part of parts) {
            if (!/^[{[]./.test(part)) continue
            const alone = `say ${part} now`
            expect(jsonInText(alone)).toEqual([{ start: 4, end: 4 + part.length }])
          }
        },
      ),
    )
  })

  it('however it imitates something, the work stays in proportion to its length', () => {
    for (const piece of [
      '[',
      '{"a":[',
      '{"a {',
      '"[',
      '`',
      '`` ` ',
      '<a ',
      '<pre>',
      '> ',
      '- ',
      '1. ',
      ' ',
      '\t \t',
      '\n ',
      'a  \n',
      '```\n',
      '\\',
      '|',
      '`\n',
    ]) {
      const text = piece.repeat(200_000)
      expect(wordsOf(compressText(text)).length).toBe(wordsOf(text).length)
    }
  }, 30_000)
})
