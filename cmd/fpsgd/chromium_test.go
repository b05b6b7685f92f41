package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is a tab of a headless Chromium.
type tab struct {
	context.Context
	t  *testing.T
	mu sync.Mutex
	// what should not be: exceptions, errors in the console, requests for anything beside the page
	wrong []string
}

// chromium starts a browser for a test, which is skipped where there is none: in CI there is to be.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("there is no Chromium to open a page in: apt-get install " +
			"--no-install-recommends chromium")
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), append(
		chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.DisableGPU)...)
	t.Cleanup(cancel)
	return ctx
}

// opened is a page in a tab of that width.
func opened(t *testing.T, in context.Context, page string, width int64) *tab {
	t.Helper()
	b := &tab{t: t}
	ctx, cancel := chromedp.NewContext(in, chromedp.WithListener(b.listen))
	t.Cleanup(cancel)
	b.Context = ctx
	b.do(chromedp.EmulateViewport(width, 900), send(network.Enable, network.EnableParams{}),
		chromedp.Navigate("file://"+filepath.ToSlash(page)))
	return b
}

// send is a command of the protocol.
func send[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, command, params)
		return err
	})
}

// media is what a page is shown on, and in which colours.
func media(kind, scheme string) chromedp.Action[chromedp.Void] {
	return send(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: kind,
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// listen takes down what should not be.
func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		b.wrong = append(b.wrong, text)
	case *log.EventEntryAdded:
		b.wrong = append(b.wrong, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		if url := e.Request.URL; !strings.HasPrefix(url, "file://") &&
			!strings.HasPrefix(url, "data:") {
			b.wrong = append(b.wrong, "a request of "+url)
		}
	}
}

// clean requires that nothing went wrong.
func (b *tab) clean() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, text := range b.wrong {
		b.t.Error(text)
	}
}

// do runs actions.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// js returns the value of an expression.
func js[T any](b *tab, format string, args ...any) T {
	b.t.Helper()
	v, err := chromedp.Run(b, chromedp.Evaluate[T](fmt.Sprintf(format, args...),
		chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", fmt.Sprintf(format, args...), err)
	}
	return v
}

// until waits for an expression to be true.
func (b *tab) until(format string, args ...any) {
	b.t.Helper()
	const patience = 30 * time.Second // far beyond what it takes
	for end := time.Now().Add(patience); !js[bool](b, format, args...); {
		if time.Now().After(end) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.t.Fatalf("not yet, after %v: %s\n%q", patience, fmt.Sprintf(format, args...),
				b.wrong)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// shot keeps a picture of the whole page in the folder FPSGD_SCREENSHOTS, if it is given.
func (b *tab) shot(name string) {
	b.t.Helper()
	folder := os.Getenv("FPSGD_SCREENSHOTS")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(b, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o666)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}
