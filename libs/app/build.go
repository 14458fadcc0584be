package app

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// version is set by the linker: -X kith.internal/libs/app.version=v1.2.3.
var version string

// Version is the version of this build: a release's, or else the commit it was built from.
func Version() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return "devel"
}

// describe registers what is known of the process and of its build, unless it has been before.
func describe(reg prometheus.Registerer, services []Service) error {
	all := []prometheus.Collector{
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	}
	for _, s := range services {
		all = append(all, buildInfo(s.Name()))
	}
	for _, c := range all {
		if err := reg.Register(c); err != nil && !errors.As(err, &prometheus.AlreadyRegisteredError{}) {
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}

func buildInfo(service string) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "kith_build_info",
		Help:        "The build of each service; always 1.",
		ConstLabels: prometheus.Labels{"service": service, "version": Version(), "goversion": runtime.Version()},
	}, func() float64 { return 1 })
}
