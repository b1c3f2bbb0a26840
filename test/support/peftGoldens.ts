// Models, adapters and merges that the real peft wrote (test/goldens/peft). Not a test itself.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const goldens = fileURLToPath(new URL('../goldens/peft', import.meta.url))

export const at = (name: string): string => join(goldens, name)
export const withAdapter = (base: string, adapter: string): string =>
  `${at(base)}+${join(at(adapter), 'adapter')}`
