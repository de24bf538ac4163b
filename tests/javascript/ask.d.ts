// What the scripts of "Ask me" hand one another, and what Python hands them.

type Rounding = (x: number) => number;
type Room = [number, number];
type Keys = Record<string, () => void>;

interface Mistake { name: string; family: string; kind: "slope" | "step" | "gather" | "order" | "start" | "value"; share: number; did: string; see: string }
interface Asked {
  mistakes: Mistake[]; slips: Record<string, [number, string]>; sentences: Record<string, string>;
  families: Record<string, string>; counts: string[]; pool: number[]; first: number[];
  weights: { sure: number; listed: number; other: number; once: number; pair: number; near: number };
}

/** Python writes it from the table of mistakes: what each writes on edges, passes back, joins, and starts with. */
declare const mistaken: {
  gather: Record<string, Record<number, (parts: number[]) => number>>;
  step: Record<string, (up: number, d: number) => number>;
  start: Record<string, (cost: number) => number>;
  at: (values: number[]) => { values: number[]; slopes: number[]; wrong: Record<string, [number, number][]>; others: [number, string, number][] };
};

interface World { round: Rounding; slopes: number[]; changed: Map<string, Map<number, number>>; above: number[]; cost: number }
interface Explanation { made: Mistake[]; room: Room; share: number; where: "here" | "once" | "everywhere"; only?: number }
interface BoxKey { answer: number; whole: boolean; right: Room; early: Room; found: Explanation[]; pairs: Explanation[] }
interface Written { text: string; x: number; half: number }
interface Cause { name: string; family: string; weight: number; of: Explanation; best: number }
interface Verdict { kind: "right" | "close" | "told" | "several" | "sign" | "slip" | "unknown"; causes: Cause[]; family: string; early?: boolean }

interface AskResult { tries: number; helped: boolean; shown: boolean; mistakes: string[] }
interface AskState {
  leaves: Numbers; queue: number[]; at: number; results: Map<number, AskResult>; phase: "question" | "wrong" | "hint" | "right" | "summary";
  text: string; verdict: Verdict | null; hints: number; factors: Set<number>; only: number | null; key: BoxKey | null;
}
interface AskActs {
  check: (typed: string) => void; hint: () => void; factor: () => void; replay: () => void; reveal: () => void; next: () => void;
  finish: () => void; renew: () => void; missed: () => void; leave: () => void; step: (question: number) => void; values: () => void;
}
interface PictureMarks { svg: SVGSVGElement; values: Mark[]; grads: Mark[]; slopes: Mark[]; sums: Mark[]; nodes: Mark[]; arrows: Arrow[] }
interface AskingParts {
  picture: () => { marks: PictureMarks }; model: () => Model; leaves: () => Numbers; isLive: boolean; modelAt: (leaves: Numbers) => Model;
  become: (leaves: Numbers) => void; go: (step: number) => void; changed: () => void;
}
interface Asking {
  among: (tools: HTMLElement[]) => HTMLElement[]; keys: (own: Keys) => Keys; card: HTMLElement; turn: (on: boolean, focused?: boolean) => void;
  moment: (step: number) => Moment; paint: () => void; telling: () => Story; readonly on: boolean; readonly isTold: boolean;
}
