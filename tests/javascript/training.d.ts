// What the scripts of a training page hand one another.

interface Frame { epoch: number; cost: number; parameters: Float64Array }
interface Example { inputs: number[]; desired: number[] }
interface Training {
  frames: { epochs: number[]; costs: (number | null)[]; parameters: string };
  validation: [number, number | string][];
  leaves: number[]; outputs: number[]; examples: Example[];
  names: { inputs: string[]; outputs: string[]; desired: string[] };
  kind: "field" | "map" | "curve" | "table"; classes: boolean; sense: "" | "softmax" | "sigmoid" | "probability";
  scale: { middle: number; reach: number; classes: number[] | null };
  title: string; parents: number[][]; words: string[]; spoken: string[]; symbols: string[]; weights: [number, number][];
  moved: [string, number][][] | null;
}
interface Network {
  computed: (frame: Frame, example: Example) => { values: number[]; slopes: number[]; outputs: number[] };
  over: (frame: Frame, points: number[][], example: Example) => number[][];
  probabilities: (outputs: number[]) => number[] | null;
}
interface Scale { place: (x: number) => number; ticks: number[] }
interface Cell { which: number; height: number; strength: number }
interface Shown { part: HTMLElement; show: (k: number, chosen: number) => void }
