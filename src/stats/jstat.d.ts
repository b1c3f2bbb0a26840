// The two functions of jstat that are used; the package carries no types.
declare module 'jstat' {
  const jstat: {
    jStat: {
      normal: { inv(p: number, mean: number, sd: number): number }
      studentt: { inv(p: number, degreesOfFreedom: number): number }
    }
  }
  export default jstat
}
