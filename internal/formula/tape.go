package formula

import (
	"fmt"
	"math"
	"slices"
	"sync"
)

// blockSize is the number of points an instruction runs over: a register of
// 256 points is 2 KiB, so that the dozen blocks of a usual formula stay in a
// level-1 cache of 32 KiB while the cost of an instruction's call vanishes.
const blockSize = 256

// Program is a compiled formula of one value, or of several (WithGradient). It
// is immutable and safe for concurrent use.
//
// It is a tape of operations on the blocks of a frame, numbered: first the
// values, then the variables read, the constants (filled once, so that an
// operand may be one at no cost) and the registers.
type Program struct {
	src       string
	vars      []string  // the names of all variables
	inputs    []int     // the indices of those read
	constants []float64 // values of the constants
	registers int
	tape      []instruction
	frames    sync.Pool // of *frame

	graph *graph // what the tape computes, for arithmetics other than that of numbers
	roots []int  // the nodes of the values
	order []int  // the nodes that the roots need
}

// instruction sets block dst to the kernel of blocks a and b.
type instruction struct {
	run       kernel
	dst, a, b int
}

// frame holds the blocks of one evaluation.
type frame struct{ blocks [][]float64 }

// newProgram returns the program for some nodes of g, in the variables vars.
//
// Each value is the copy of a node into its own block, at the end: until then a
// caller's array may be a variable and a value in one.
func newProgram(src string, vars []string, g *graph, roots ...int) *Program {
	if len(roots) == 1 && g.nodes[roots[0]].isLeaf() {
		roots = []int{g.intern(node{op: opCopy, a: roots[0], b: roots[0]})}
	}
	p := &Program{src: src, vars: slices.Clone(vars), graph: g, roots: roots,
		order: g.schedule(roots...)}
	p.placeOperations(p.placeLeaves())
	p.frames.New = func() any { return p.newFrame() }
	return p
}

// placeLeaves assigns the blocks of the variables and constants, and returns the
// block of each node.
func (p *Program) placeLeaves() (block []int) {
	block = make([]int, len(p.graph.nodes))
	next := len(p.roots)
	for _, i := range slices.Sorted(slices.Values(p.order)) { // variables first
		n := p.graph.nodes[i]
		switch n.op {
		case opVar:
			p.inputs = append(p.inputs, n.a)
		case opConst:
			p.constants = append(p.constants, math.Float64frombits(n.bits))
		default:
			continue
		}
		block[i] = next
		next++
	}
	return block
}

// placeOperations writes the tape of the operations. The register of a value is
// free from its last use on, also for that use's own result.
func (p *Program) placeOperations(block []int) {
	nodes := p.graph.nodes
	last := make([]int, len(nodes))
	for k, i := range p.order {
		if n := nodes[i]; !n.isLeaf() {
			last[n.a], last[n.b] = k, k
		}
	}
	single := len(p.roots) == 1
	if !single {
		for _, root := range p.roots {
			last[root] = len(p.order)
		}
	}
	firstRegister := len(p.roots) + len(p.inputs) + len(p.constants)
	var free []int
	for k, i := range p.order {
		n := nodes[i]
		if n.isLeaf() {
			continue
		}
		for _, operand := range slices.Compact([]int{n.a, n.b}) {
			if last[operand] == k && !nodes[operand].isLeaf() {
				free = append(free, block[operand])
			}
		}
		switch {
		case single && k == len(p.order)-1:
			block[i] = 0
		case len(free) == 0:
			block[i] = firstRegister + p.registers
			p.registers++
		default:
			block[i] = free[len(free)-1]
			free = free[:len(free)-1]
		}
		p.tape = append(p.tape,
			instruction{operations[n.op].kernel, block[i], block[n.a], block[n.b]})
	}
	if !single {
		for k, root := range p.roots {
			p.tape = append(p.tape, instruction{duplicate, k, block[root], block[root]})
		}
	}
}

// newFrame returns a frame with the constants filled in.
func (p *Program) newFrame() *frame {
	f := &frame{blocks: make([][]float64, len(p.roots)+len(p.inputs))}
	for _, v := range p.constants {
		f.blocks = append(f.blocks, slices.Repeat([]float64{v}, blockSize))
	}
	for range p.registers {
		f.blocks = append(f.blocks, make([]float64, blockSize))
	}
	return f
}

// Eval sets dst[k] to the formula's value at the point (vars[0][k], vars[1][k],
// …) for every k. vars[i] is the i-th variable of [Compile], of len(dst)
// values; a variable that is not among [Program.Vars] may be nil. dst may be
// one of vars, but must not overlap one otherwise. It panics if a variable is
// missing or its length is not dst's. It does not allocate once a frame for
// each concurrent caller exists.
func (p *Program) Eval(dst []float64, vars [][]float64) {
	p.EvalAll([][]float64{dst}, vars)
}

// EvalAll is Eval for a program of several values, one array for each.
func (p *Program) EvalAll(dst, vars [][]float64) {
	n := len(dst[0])
	for _, i := range p.inputs {
		if i >= len(vars) || len(vars[i]) != n {
			panic(fmt.Sprintf("formula: Eval of %q: variable %s needs %d values", p.src,
				p.vars[i], n))
		}
	}
	f := p.frames.Get().(*frame)
	values := len(p.roots)
	for lo := 0; lo < n; lo += blockSize {
		hi := min(lo+blockSize, n)
		for k, v := range dst[:values] {
			f.blocks[k] = v[lo:hi]
		}
		for k, i := range p.inputs {
			f.blocks[values+k] = vars[i][lo:hi]
		}
		for _, in := range p.tape {
			in.run(f.blocks[in.dst][:hi-lo], f.blocks[in.a], f.blocks[in.b])
		}
	}
	clear(f.blocks[:values+len(p.inputs)])
	p.frames.Put(f)
}

// Vars returns the names of the variables that the value depends on, in the
// order of [Compile]'s vars: x^0 does not depend on x.
func (p *Program) Vars() []string {
	read := make([]string, len(p.inputs))
	for k, i := range p.inputs {
		read[k] = p.vars[i]
	}
	return read
}

// String returns the formula as it was written.
func (p *Program) String() string { return p.src }
