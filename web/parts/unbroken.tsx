// Sentences with numbers: an interval, a p value, a percentage and points stay in one line.

const TOGETHER = String.raw`\[[^\s[\]]+, [^\s[\]]+\]|\bp [=<] [\d.]+|\d[\d.]* (?:%|points?\b)`

export function Unbroken({ text }: { text: string }) {
  const parts = text.split(new RegExp(`(${TOGETHER})`))
  return (
    <>
      {parts.map((part, at) =>
        at % 2 === 0 ? (
          part
        ) : (
          <span key={at} class="num">
            {part}
          </span>
        ),
      )}
    </>
  )
}

/** Of a sentence, each with all that stays in one line with it. */
export const wordsOf = (text: string): readonly string[] =>
  text.match(new RegExp(`(?:${TOGETHER}|\\S)+`, 'g')) ?? []
