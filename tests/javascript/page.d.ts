// What the page's scripts hand one another, and what Python hands them.

type Numbers = ArrayLike<number> & Iterable<number>;
/** HTML and places: k for the name or number of node k, [k] for its number as a term, ~k for it as a factor. */
type Template = (string | number | number[])[];
type Slope = number | [Template, Template | 0, Template | 0, number] | null;
type Edge = { tail: number; head: number; position: number };

interface Layer { number: string; weights: number[][]; biases: number[]; z: number[]; a: number[] }

interface Payload {
  names: string[]; words: string[]; spoken: string[]; parents: number[][]; formulas: ([Template, Template | 0] | 0)[]; slopes: Slope[][];
  arguments: number[]; numbers: (number | string)[]; leaves: number[]; steered: number[];
  given: [string, number[]][]; choices: [string, number[]][]; layers: Layer[]; constants: number[]; bracketed: number[];
  rate: number; title: string; plain: string; theme: string; narrow: string; recorded: (number | string)[][]; why?: string; ask?: Asked;
}

interface Graph {
  names: string[]; words: string[]; spoken: string[]; parents: number[][]; formulas: Payload["formulas"]; slopes: Slope[][];
  given: [string, number[]][]; layers: Layer[];
  edges: Edge[]; together: number[][]; entering: number[][]; leaving: number[][]; constants: Set<number>; bracketed: Set<number>; root: number;
}
interface Model { data: Numbers; slopes: Numbers; grads: Numbers; parts: number[] }
type Ways = Map<number, number[]>;
interface PathLink { edge: number; before: PathLink | null }
interface OpenPath { lost: number; node: number; path: PathLink | null }

interface Step { phase: "given" | "forward" | "seed" | "backward"; node?: number; edge?: number }
interface Timeline { steps: Step[]; order: number[]; computed: number[]; forward: number; seed: number }
interface Moment extends Step {
  step: number; timeline: Timeline; seeded: boolean; known: boolean[]; sums: Numbers; arrived: number[]; terms: number[];
  begun: (node: number) => boolean; expected: (node: number) => number; complete: (node: number) => boolean; handed: Set<number>;
}
interface Story { title: string; lines: Node[]; why?: (Node | string)[] }
interface Active { giver?: number; receivers: number[]; edges: number[] }
interface Mark { shape: SVGElement; places: number[] }
interface Arrow { shape: SVGElement; edges: number[]; own: number[]; onto: number[]; tail: number; head: (width: number) => void }

interface Walk {
  bar: HTMLElement; status: HTMLElement; keys: Record<string, () => void>; speeds: HTMLSelectElement;
  go: (step: number) => void; to: (step: number) => void; readonly step: number;
}
interface Tool { name: string; title: string; short: string; key: string; panel: HTMLElement; toggle?: (open: boolean) => void }

/** Python writes this function: all values and all local derivatives, for numbers of the leaves. */
declare const evaluate: ((leaves: Numbers) => Iterable<number | string>[]) | null;
type Mount = (root: HTMLElement, payload: any, svg: SVGSVGElement) => void;
