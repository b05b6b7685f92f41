package report

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
	// what went wrong: exceptions, errors in the console, requests that are not for the page itself
	wrong []string
}

// browser starts a Chromium for a test, which is skipped where there is none: in CI there is to be.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("there is no Chromium to open a page in: apt-get install " +
			"--no-install-recommends chromium")
	}
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	return ctx
}

// opens opens a page in a tab of that size.
func opens(t *testing.T, in context.Context, file string, width, height int64) *tab {
	t.Helper()
	b := &tab{t: t}
	ctx, cancel := chromedp.NewContext(in, chromedp.WithListener(b.listen))
	t.Cleanup(cancel)
	b.Context = ctx
	b.do(chromedp.EmulateViewport(width, height),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, network.Enable, network.EnableParams{})
			return err
		}), chromedp.Navigate("file://"+file))
	return b
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
			b.wrong = append(b.wrong, "request of "+url)
		}
	}
}

// do runs actions.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// got returns the value of an action.
func got[T any](b *tab, a chromedp.Action[T]) T {
	b.t.Helper()
	v, err := chromedp.Run(b, a)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// js returns the value of an expression.
func js[T any](b *tab, format string, args ...any) T {
	b.t.Helper()
	return got(b, chromedp.Evaluate[T](fmt.Sprintf(format, args...)))
}

func TestShots(t *testing.T) {
	folder := os.Getenv("FPSGD_SHOTS")
	if folder == "" {
		t.Skip()
	}
	files, _ := filepath.Glob(filepath.Join(folder, "*.html"))
	in := browser(t)
	for _, file := range files {
		for _, width := range []int64{1400, 400} {
			b := opens(t, in, file, width, 900)
			b.do(chromedp.Sleep(900 * time.Millisecond))
			if code := os.Getenv("FPSGD_JS"); code != "" {
				js[float64](b, "%s", "(() => { "+code+"; return 1; })()")
				b.do(chromedp.Sleep(900 * time.Millisecond))
			}
			if os.Getenv("FPSGD_DARK") != "" {
				b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
					_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
					return err
				}))
			}
			first := js[float64](b, `(performance.getEntriesByName("first-picture")[0]||{startTime:-1}).startTime`)
			wide := js[bool](b, `document.documentElement.scrollWidth > innerWidth`)
			js[float64](b, `(() => { let e = document.scrollingElement; e.scrollTop = 1e9; return 1; })()`)
			b.do(chromedp.Sleep(600 * time.Millisecond))
			base := file[:len(file)-5]
			os.WriteFile(base+"-"+map[int64]string{1400: "wide", 400: "narrow"}[width]+".png", got(b, chromedp.FullScreenshot(100)), 0o644)
			if width == 1400 {
				os.WriteFile(base+".pdf", got(b, chromedp.PrintToPDF(chromedp.PDFPrintBackground())), 0o644)
			}
			t.Logf("%s %d first picture %.0f ms, overflow %v, %q", filepath.Base(file), width, first, wide, b.wrong)
		}
	}
}
