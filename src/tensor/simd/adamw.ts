// One step of AdamW over arrays in this memory, in fp32 and in torch.optim.AdamW's order of operations.
// src/tensor/adamw.ts is the other side. AssemblyScript. There is room for a multiple of 4 elements.

/**
 * g = scale * gradient; value *= keep; m += (1 - beta1) (g - m); v = beta2 v + (1 - beta2) g g;
 * value -= stepSize * m / (sqrt(v) / rootOfCorrection2 + epsilon).
 */
export function adamw(
  values: usize, gradients: usize, m: usize, v: usize, count: usize,
  scale: f32, keep: f32, share1: f32, beta2: f32, share2: f32, rootOfCorrection2: f32, epsilon: f32, stepSize: f32,
): void {
  const scales = f32x4.splat(scale)
  const keeps = f32x4.splat(keep)
  const shares1 = f32x4.splat(share1)
  const betas2 = f32x4.splat(beta2)
  const shares2 = f32x4.splat(share2)
  const roots = f32x4.splat(rootOfCorrection2)
  const epsilons = f32x4.splat(epsilon)
  const steps = f32x4.splat(stepSize)
  const end = count * 4
  for (let i: usize = 0; i < end; i += 16) {
    const g = f32x4.mul(v128.load(gradients + i), scales)
    const oldM = v128.load(m + i)
    const newM = f32x4.add(oldM, f32x4.mul(shares1, f32x4.sub(g, oldM)))
    const newV = f32x4.add(f32x4.mul(v128.load(v + i), betas2), f32x4.mul(f32x4.mul(shares2, g), g))
    const denominator = f32x4.add(f32x4.div(f32x4.sqrt(newV), roots), epsilons)
    const kept = f32x4.mul(v128.load(values + i), keeps)
    v128.store(m + i, newM)
    v128.store(v + i, newV)
    v128.store(values + i, f32x4.sub(kept, f32x4.div(f32x4.mul(steps, newM), denominator)))
  }
}
