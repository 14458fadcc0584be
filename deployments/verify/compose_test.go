package verify

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// composeProject loads compose.yaml as docker compose does: against the specification's schema, with
// merges, anchors and references resolved.
func composeProject(t *testing.T) *types.Project {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join(root, "deployments"))
	if err != nil {
		t.Fatal(err)
	}
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  dir,
		ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(dir, "compose.yaml")}},
		Environment: types.Mapping{},
	})
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func composeEnv(p *types.Project, service string) map[string]string {
	out := map[string]string{}
	for key, value := range p.Services[service].Environment {
		if value != nil {
			out[key] = *value
		}
	}
	return out
}

func TestComposeRunsEveryService(t *testing.T) {
	p := composeProject(t)
	var built []string
	for name, s := range p.Services {
		if s.HealthCheck == nil {
			t.Errorf("%s has no health check", name)
		}
		if s.Build == nil {
			continue
		}
		built = append(built, name)
		checkBuild(t, s)
		checkEnvironment(t, "compose "+name, name, composeEnv(p, name))
		if port := composePort(s); port != envPort(t, name, composeEnv(p, name)["KITH_HTTP_ADDR"]) {
			t.Errorf("%s publishes %s of the container, which listens elsewhere", name, port)
		}
	}
	sameSet(t, "compose services", built, services(t))
}

func checkBuild(t *testing.T, s types.ServiceConfig) {
	t.Helper()
	if arg := s.Build.Args["SERVICE"]; arg == nil || *arg != s.Name {
		t.Errorf("%s builds another service", s.Name)
	}
	if s.Image != "kith/"+s.Name+":compose" {
		t.Errorf("%s has the image %s", s.Name, s.Image)
	}
	dockerfile, err := os.ReadFile(filepath.Join(s.Build.Context, s.Build.Dockerfile))
	if err != nil {
		t.Errorf("%s: %v", s.Name, err)
	}
	if !strings.Contains(string(dockerfile), " AS "+s.Build.Target+"\n") {
		t.Errorf("%s: the Dockerfile has no stage %s", s.Name, s.Build.Target)
	}
}

func composePort(s types.ServiceConfig) string {
	if len(s.Ports) != 1 {
		return "not one port"
	}
	return fmt.Sprintf(":%d", s.Ports[0].Target)
}

// TestComposeMountsWhatExists: Docker makes an empty folder of a bind mount's missing source, and the
// container starts without its configuration.
func TestComposeMountsWhatExists(t *testing.T) {
	p := composeProject(t)
	for name, s := range p.Services {
		for _, v := range s.Volumes {
			if _, err := os.Stat(v.Source); v.Type == types.VolumeTypeBind && err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	ignored := string(readFile(t, "deployments/secrets/.gitignore"))
	for name, s := range p.Secrets {
		if filepath.Base(filepath.Dir(s.File)) != "secrets" || !strings.Contains(ignored, "\n*\n") {
			t.Errorf("secret %s (%s) could be committed", name, s.File)
		}
	}
}

// TestComposeKeepsWhatIsWritten: on a volume that is the service's own, and outlives its container.
func TestComposeKeepsWhatIsWritten(t *testing.T) {
	p := composeProject(t)
	owner := map[string]string{}
	for name, s := range p.Services {
		path, kept := composeEnv(p, name)[written[name]], false
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeVolume {
				continue
			}
			if owner[v.Source] += name; owner[v.Source] != name {
				t.Errorf("%s is mounted by %s", v.Source, owner[v.Source])
			}
			kept = kept || strings.HasPrefix(path, v.Target+"/") && !v.ReadOnly
		}
		if written[name] != "" && !kept {
			t.Errorf("%s: %s is %q, which is gone with the container", name, written[name], path)
		}
	}
}

// TestComposeFindsItsFilesInside follows each path an environment variable or argument names in a
// container to the mount or secret that puts a file there.
func TestComposeFindsItsFilesInside(t *testing.T) {
	p := composeProject(t)
	for name, s := range p.Services {
		paths := append([]string{}, s.Command...)
		for _, value := range composeEnv(p, name) {
			paths = append(paths, value)
		}
		for _, path := range paths {
			if m := insidePath.FindString(path); m != "" && !mounted(s, m) {
				t.Errorf("%s: nothing is mounted at %s", name, m)
			}
		}
	}
}

var insidePath = regexp.MustCompile(`/(etc|run/secrets|var/lib)/.*`)

func mounted(s types.ServiceConfig, path string) bool {
	if secret, ok := strings.CutPrefix(path, "/run/secrets/"); ok {
		return slices.ContainsFunc(s.Secrets, func(c types.ServiceSecretConfig) bool { return c.Source == secret })
	}
	return slices.ContainsFunc(s.Volumes, func(v types.ServiceVolumeConfig) bool {
		rest, ok := strings.CutPrefix(path, v.Target)
		_, err := os.Stat(filepath.Join(v.Source, rest))
		return ok && err == nil
	})
}

func TestComposePortsAreFreeOfEachOtherAndLocal(t *testing.T) {
	taken := map[string]string{}
	for name, s := range composeProject(t).Services {
		for _, port := range s.Ports {
			if other, ok := taken[port.Published]; ok {
				t.Errorf("%s and %s both want port %s", name, other, port.Published)
			}
			taken[port.Published] = name
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s opens port %s to the network", name, port.Published)
			}
		}
	}
}

// envPort is the :port of an address that listens everywhere: in a container, loopback reaches nobody.
func envPort(t *testing.T, service, addr string) string {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil || host != "" {
		t.Errorf("%s listens on %q: %v", service, addr, err)
	}
	return ":" + port
}

func publishes(p *types.Project, service, port string) bool {
	return slices.ContainsFunc(p.Services[service].Ports, func(c types.ServicePortConfig) bool {
		return c.Published == port
	})
}
