// How an adapter's config names the modules that were trained: by their last names, with the layers where only some were
// trained, and by their whole names where that would say too much. PEFT's rules: a name of the list is a module's, or its
// end behind a dot; the first number in a module's name is its layer (check_target_module_exists in PEFT 0.21).

export interface Targets {
  target_modules: string[]
  layers_to_transform: number[] | null
  layers_pattern: string | null
}

/** `tensors` are all names of the base's, of which weights are modules. */
export function chooseTargets(trained: readonly string[], tensors: readonly string[]): Targets {
  const isTrained = new Set(trained)
  const kinds = new Set(trained.map(lastName))
  const meant = tensors
    .filter((name) => name.endsWith('.weight'))
    .map((name) => name.replace(/\.weight$/, ''))
    .filter((name) => kinds.has(lastName(name)))
  const short = [...kinds].sort()
  if (meant.every((name) => isTrained.has(name)) && trained.every((name) => meant.includes(name))) {
    return { target_modules: short, layers_to_transform: null, layers_pattern: null }
  }
  const layers = [...new Set(trained.map(layerOf))]
  const inLayers = meant.filter((name) => layers.includes(layerOf(name)))
  const isExact = inLayers.length === trained.length && inLayers.every((name) => isTrained.has(name))
  if (isExact && layers.every((layer) => layer !== undefined)) {
    const numbers = (layers as number[]).sort((x, y) => x - y)
    return { target_modules: short, layers_to_transform: numbers, layers_pattern: 'layers' }
  }
  return { target_modules: [...trained].sort(), layers_to_transform: null, layers_pattern: null }
}

const lastName = (module: string): string => module.slice(module.lastIndexOf('.') + 1)

function layerOf(module: string): number | undefined {
  const [, layer] = /\blayers\.(\d+)\./.exec(module) ?? []
  return layer === undefined ? undefined : Number(layer)
}
