// Before Prism loads: it shall not look through the page for code by itself.
Object.assign(globalThis, { Prism: { manual: true } })

export {}
