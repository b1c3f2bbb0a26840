// Of Prism what is used: tokens of Python. Its pages of types bring a drawing of HTML that no text of ours may go through.
declare module 'prismjs/components/prism-core' {
  export interface Token {
    type: string
    alias?: string | string[]
    content: TokenStream
  }
  export type TokenStream = string | Token | readonly (string | Token)[]
  const Prism: {
    languages: Record<string, object>
    tokenize(text: string, grammar: object): (string | Token)[]
  }
  export default Prism
}
declare module 'prismjs/components/prism-python' {}
