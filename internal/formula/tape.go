package formula

import (
	"fmt"
	"slices"
	"sync"
)

// blockSize is the number of points an instruction runs over: a register of
// 256 points is 2 KiB, so that the dozen blocks of a usual formula stay in a
// level-1 cache of 32 KiB while the cost of an instruction's call vanishes.
const blockSize = 256

// Program is a compiled formula. It is immutable and safe for concurrent use.
//
// It is a tape of operations on the blocks of a frame, numbered: 0 the result,
// then the variables read, the constants (filled once, so that an operand may
// be one at no cost) and the registers.
type Program struct {
	src       string
	vars      []string  // names of the variables read
	inputs    []int     // their indices in the vars of Eval
	constants []float64 // values of the constants
	registers int
	tape      []instruction
	frames    sync.Pool // of *frame

	graph *graph // what the tape computes, for arithmetics other than that of numbers
	root  int
	order []int    // the nodes that root needs, itself last
	names []string // the variables of the graph
}

// instruction sets block dst to the kernel of blocks a and b.
type instruction struct {
	run       kernel
	dst, a, b int
}

// frame holds the blocks of one evaluation.
type frame struct{ blocks [][]float64 }

// result is the block that only the last instruction writes.
const result = 0

// newProgram returns the program for node root of g, in the variables vars.
func newProgram(src string, vars []string, g *graph, root int) *Program {
	if g.nodes[root].isLeaf() {
		root = g.intern(node{op: opCopy, a: root, b: root})
	}
	order := g.schedule(root)
	p := &Program{src: src, graph: g, root: root, order: order, names: slices.Clone(vars)}
	block := p.placeLeaves(g, order, vars)
	p.placeOperations(g, order, block)
	p.frames.New = func() any { return p.newFrame() }
	return p
}

// placeLeaves assigns the blocks of the variables and constants among the
// nodes order of g, and returns the block of each node of g.
func (p *Program) placeLeaves(g *graph, order []int, vars []string) (block []int) {
	block = make([]int, len(g.nodes))
	leaves := slices.DeleteFunc(slices.Sorted(slices.Values(order)),
		func(i int) bool { return !g.nodes[i].isLeaf() })
	for k, i := range leaves { // the variables come first in a graph
		block[i] = result + 1 + k
		if v, ok := g.value(i); ok {
			p.constants = append(p.constants, v)
			continue
		}
		p.inputs = append(p.inputs, g.nodes[i].a)
		p.vars = append(p.vars, vars[g.nodes[i].a])
	}
	return block
}

// placeOperations writes the tape of the operations among order. The register
// of a value is free from its last use on, also for that use's own result.
func (p *Program) placeOperations(g *graph, order, block []int) {
	last := make([]int, len(g.nodes))
	for k, i := range order {
		if n := g.nodes[i]; !n.isLeaf() {
			last[n.a], last[n.b] = k, k
		}
	}
	firstRegister := result + 1 + len(p.inputs) + len(p.constants)
	var free []int
	for k, i := range order {
		n := g.nodes[i]
		if n.isLeaf() {
			continue
		}
		for _, operand := range slices.Compact([]int{n.a, n.b}) {
			if last[operand] == k && !g.nodes[operand].isLeaf() {
				free = append(free, block[operand])
			}
		}
		switch {
		case k == len(order)-1:
			block[i] = result
		case len(free) == 0:
			block[i] = firstRegister + p.registers
			p.registers++
		default:
			block[i] = free[len(free)-1]
			free = free[:len(free)-1]
		}
		p.tape = append(p.tape, instruction{run: kernels[n.op], dst: block[i], a: block[n.a],
			b: block[n.b]})
	}
}

// newFrame returns a frame with the constants filled in.
func (p *Program) newFrame() *frame {
	owned := result + 1 + len(p.inputs)
	count := len(p.constants) + p.registers
	f := &frame{blocks: make([][]float64, owned+count)}
	storage := make([]float64, count*blockSize)
	for k := range count {
		f.blocks[owned+k] = storage[k*blockSize : (k+1)*blockSize]
	}
	for k, v := range p.constants {
		for i := range f.blocks[owned+k] {
			f.blocks[owned+k][i] = v
		}
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
	for k, i := range p.inputs {
		if i >= len(vars) || len(vars[i]) != len(dst) {
			panic(fmt.Sprintf("formula: Eval of %q: variable %s needs %d values", p.src, p.vars[k],
				len(dst)))
		}
	}
	f := p.frames.Get().(*frame)
	for lo := 0; lo < len(dst); lo += blockSize {
		hi := min(lo+blockSize, len(dst))
		f.blocks[result] = dst[lo:hi]
		for k, i := range p.inputs {
			f.blocks[result+1+k] = vars[i][lo:hi]
		}
		for _, in := range p.tape {
			in.run(f.blocks[in.dst][:hi-lo], f.blocks[in.a], f.blocks[in.b])
		}
	}
	clear(f.blocks[:result+1+len(p.inputs)])
	p.frames.Put(f)
}

// Vars returns the names of the variables that the value depends on, in the
// order of [Compile]'s vars: x^0 does not depend on x.
func (p *Program) Vars() []string { return slices.Clone(p.vars) }

// String returns the formula as it was written.
func (p *Program) String() string { return p.src }
