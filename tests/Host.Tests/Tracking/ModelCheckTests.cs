using System.Diagnostics;
using Kumiki.Importing;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

/// <summary>The child that opens strangers' models, and whatever may become of it.</summary>
public sealed class ModelCheckTests : IDisposable
{
    readonly DirectoryInfo place = Directory.CreateTempSubdirectory("kumiki-check-");
    readonly FolderStore artifacts;

    public ModelCheckTests() => artifacts = new(place.FullName);

    public void Dispose() => place.Delete(recursive: true);

    async Task<CheckEnd> OpenAsync(string file, CheckLimits limits, params IReadOnlyList<string> command)
    {
        var check = new ModelCheck(command.Count > 0 ? command : TrackingWorld.Program, artifacts, limits);
        List<VersionFile> files = [];
        foreach (var name in new[] { file, "weights.bin" })
        {
            using var bytes = new MemoryStream(TrackingWorld.Model(name));
            var blob = await artifacts.PutAsync(bytes, default);
            files.Add(new("data/" + name, blob.Content, blob.Bytes));
        }
        return await check.OpenAsync(await check.LookAsync("data/" + file, files, default), "data/" + file, files, default);
    }

    static string Why(CheckEnd end) => Assert.IsType<CheckEnd.Refused>(end).Why.In("en");

    [Theory]
    [InlineData("linear.onnx")]
    [InlineData("classes.onnx")]
    [InlineData("external.onnx")]
    [InlineData("function.onnx")]
    public async Task A_sound_model_is_opened_with_what_it_keeps_beside_it(string file)
    {
        Assert.Equal("ONNX Runtime 1.30.0", Assert.IsType<CheckEnd.Sound>(await OpenAsync(file, new())).By);
        var left = Directory.EnumerateFileSystemEntries(Path.Combine(place.FullName, "tmp")).Where(Directory.Exists);
        Assert.Empty(left.SelectMany(Directory.EnumerateFileSystemEntries));
    }

    [Fact]
    public async Task A_model_that_makes_four_tebibytes_is_stopped_at_its_memory() =>
        Assert.StartsWith("ONNX Runtime needs more than 1073", Why(await OpenAsync("huge.onnx", new())), StringComparison.Ordinal);

    [Fact]
    public async Task A_model_that_is_optimised_for_minutes_is_stopped_at_its_processor_time() =>
        Assert.StartsWith("ONNX Runtime took longer than 2 s",
            Why(await OpenAsync("slow.onnx", new() { Processor = TimeSpan.FromSeconds(2) })), StringComparison.Ordinal);

    [Fact]
    public async Task A_child_that_only_waits_is_stopped_at_the_wall_clock() =>
        Assert.StartsWith("ONNX Runtime took longer than 1 s",
            Why(await OpenAsync("linear.onnx", new() { Wall = TimeSpan.FromSeconds(1) }, "/bin/sh", "-c", "exec sleep 1000")), StringComparison.Ordinal);

    [Theory]
    [InlineData("SEGV", 139)]
    [InlineData("ABRT", 134)]
    public async Task A_child_that_crashes_is_one_sentence(string signal, int exit) =>
        Assert.StartsWith($"ONNX Runtime died with exit code {exit} while it opened the model",
            Why(await OpenAsync("linear.onnx", new(), "/bin/sh", "-c", $"kill -{signal} $$")), StringComparison.Ordinal);

    [Fact]
    public async Task A_child_that_says_megabytes_and_nothing_of_sense_is_one_sentence() =>
        Assert.StartsWith("ONNX Runtime died with exit code 0",
            Why(await OpenAsync("linear.onnx", new(), "/bin/sh", "-c", "head -c 8000000 /dev/zero")), StringComparison.Ordinal);

    [Fact]
    public async Task A_child_sees_neither_our_passwords_nor_our_folders()
    {
        Environment.SetEnvironmentVariable("KUMIKI_TEST_SECRET", "hidden");
        var end = await OpenAsync("linear.onnx", new(), "/bin/sh", "-c", "echo refused $(env | cut -d= -f1 | sort | tr '\\n' ' ')");
        Environment.SetEnvironmentVariable("KUMIKI_TEST_SECRET", null);

        var seen = Why(end);
        Assert.DoesNotContain("SECRET", seen, StringComparison.Ordinal);
        Assert.Contains("KUMIKI_NATIVE", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_beyond_the_most_bytes_is_not_opened() =>
        Assert.StartsWith("The model in data/external.onnx has more than 100 bytes",
            Why(await OpenAsync("external.onnx", new() { MostBytes = 100 })), StringComparison.Ordinal);

    [Fact]
    public async Task Bytes_that_are_no_model_for_ONNX_Runtime_are_refused_in_its_words()
    {
        // a whole protobuf with a graph, whose node asks for an operator of ONNX that there is not
        var path = Path.Combine(place.FullName, "nothing.onnx");
        await File.WriteAllBytesAsync(path, [0x08, 8, 0x42, 2, 0x10, 13, 0x3A, 11, 0x0A, 9, 0x12, 1, (byte)'y', 0x22, 4, .. "None"u8]);
        string[] command = [.. TrackingWorld.Program, ModelCheck.Verb, path, "1000000000", "60"];
        using var child = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true })!;
        var said = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();

        Assert.Equal(1, child.ExitCode);
        Assert.StartsWith("refused ", said, StringComparison.Ordinal);
    }
}
