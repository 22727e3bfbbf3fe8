using Xunit;

namespace Kumiki.Journeys;

/// <summary>The setup in a folder of its own, with Debian's and npm's tools played by scripts: nothing is installed, nothing is fetched.</summary>
public sealed class SetupTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-setup-").FullName;

    public SetupTests()
    {
        foreach (var file in new[] { "eng/setup", "eng/steps.sh", "eng/debian-packages", "native/package-lock.json" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(PathOf(file))!);
            File.Copy(Checkout.PathOf(file), PathOf(file));
        }
        Directory.CreateDirectory(PathOf("tools"));
        Play("dpkg-query", "printf 'installed %s\\n' libxgboost0 strace tzdata; echo 'config-files chromium'; exit 1");
        Play("apt-get", "echo apt-get \"$@\" >>played");
        Play("npm", """
            echo npm "$@" >>played
            mkdir -p native/node_modules/onnxruntime-node/bin/napi-v6/linux/x64 native/node_modules/@duckdb/node-bindings-linux-x64
            mkdir -p native/node_modules/@img/sharp-libvips-linux-x64/lib
            echo vips >native/node_modules/@img/sharp-libvips-linux-x64/lib/libvips-cpp.so.8.18.7
            echo onnx >native/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1
            echo duck >native/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so
            """);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_native_engines_are_fetched_once_and_nothing_else_is_kept()
    {
        var (code, said) = await SetupAsync();

        Assert.Equal(0, code);
        Assert.Matches(@"^» npm --prefix native ci --ignore-scripts --no-audit --no-fund … \d+\.\d s\n$", said);
        Assert.Equal(("onnx\n", "duck\n", "vips\n"), (File.ReadAllText(PathOf("native/lib/libonnxruntime.so.1")),
            File.ReadAllText(PathOf("native/lib/libduckdb.so")), File.ReadAllText(PathOf("native/lib/libvips-cpp.so.8.18.7"))));
        Assert.False(Directory.Exists(PathOf("native/node_modules")));

        Assert.Equal((0, ""), await SetupAsync());
    }

    [Fact]
    public async Task A_changed_pin_fetches_the_engines_again()
    {
        await SetupAsync();
        File.AppendAllText(PathOf("native/package-lock.json"), "\n");

        Assert.Contains("» npm", (await SetupAsync()).Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_packages_that_are_missing_are_installed_and_the_tests_ask_for_more()
    {
        await SetupAsync();
        Assert.DoesNotContain(Played(), l => l.StartsWith("apt-get", StringComparison.Ordinal));

        await SetupAsync("--tests");

        var wanted = File.ReadLines(PathOf("eng/debian-packages")).Where(l => !l.StartsWith('#')).Select(l => l.Split(' ')[0]).Except(["libxgboost0", "strace", "tzdata"]);
        Assert.Equal(["update", $"install -y --no-install-recommends {string.Join(' ', wanted)}"],
            Played().Where(l => l.StartsWith("apt-get", StringComparison.Ordinal)).Select(l => l[l.LastIndexOf("=3 ", StringComparison.Ordinal)..][3..]));
    }

    [Fact]
    public async Task A_package_that_cannot_be_had_is_named_with_the_mend()
    {
        Play("dpkg-query", "exit 1");
        Play("apt-get", "case \"$*\" in *install*) echo 'E: Unable to locate package libxgboost0' >&2; exit 100 ;; esac");

        var (code, said) = await SetupAsync();

        Assert.Equal(1, code);
        Assert.Contains("» apt-get install -y --no-install-recommends libxgboost0 tzdata … failed", said, StringComparison.Ordinal);
        Assert.Contains("E: Unable to locate package libxgboost0", said, StringComparison.Ordinal);
        Assert.Contains("Could not install the Debian packages libxgboost0 tzdata", said, StringComparison.Ordinal);
        Assert.Contains("then run ./kumiki setup again.", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Npm_packages_that_cannot_be_had_leave_no_half_setup_behind()
    {
        Play("npm", "echo 'npm error code ENOTFOUND' >&2; exit 1");

        var (code, said) = await SetupAsync();

        Assert.Equal(1, code);
        Assert.Contains("npm error code ENOTFOUND", said, StringComparison.Ordinal);
        Assert.Contains("Could not get the npm packages of native/package.json", said, StringComparison.Ordinal);
        Assert.False(File.Exists(PathOf("native/lib/package-lock.json")));
    }

    [Fact]
    public async Task The_pages_are_built_when_a_source_is_newer_than_they_are()
    {
        foreach (var file in new[] { "web/package.json", "web/package-lock.json", "web/src/page.ts" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(PathOf(file))!);
            File.WriteAllText(PathOf(file), "{}");
        }
        Directory.CreateDirectory(PathOf("native/lib"));
        File.Copy(PathOf("native/package-lock.json"), PathOf("native/lib/package-lock.json"));
        Play("npm", "echo npm \"$@\" >>played; mkdir -p web/node_modules web/dist");

        await SetupAsync();
        Assert.Equal(["npm --prefix web ci --ignore-scripts --no-audit --no-fund", "npm --prefix web run build"], Played());

        Assert.Equal((0, ""), await SetupAsync());

        File.SetLastWriteTimeUtc(PathOf("web/src/page.ts"), DateTime.UtcNow.AddSeconds(1));
        await SetupAsync();
        Assert.Equal("npm --prefix web run build", Played()[^1]);
        Assert.Equal(3, Played().Length);
    }

    [Fact]
    public async Task A_step_says_its_command_and_its_time_and_its_own_words_only_when_it_fails()
    {
        var (code, said) = await Checkout.RunAsync("bash", "-c", "set -euo pipefail; . eng/steps.sh; run echo quiet; run bash -c 'echo why; exit 3' 2>&1 || echo \"ended $?\"");

        Assert.Equal(0, code);
        Assert.Matches(@"^» echo quiet … \d+\.\d s\n» bash -c echo why; exit 3 … failed after \d+\.\d s\nwhy\nended 3\n$", said);
    }

    Task<(int Code, string Said)> SetupAsync(params IReadOnlyList<string> arguments) =>
        Checkout.RunAsync(folder, new Dictionary<string, string> { ["PATH"] = $"{PathOf("tools")}:{Environment.GetEnvironmentVariable("PATH")}" }, PathOf("eng/setup"), arguments);

    string PathOf(string relative) => Path.Combine(folder, relative);

    string[] Played() => File.Exists(PathOf("played")) ? File.ReadAllLines(PathOf("played")) : [];

    void Play(string program, string body)
    {
        var path = PathOf($"tools/{program}");
        File.WriteAllText(path, $"#!/bin/bash\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
