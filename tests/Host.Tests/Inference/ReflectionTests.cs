using System.Diagnostics;
using Kumiki.Hosting;
using Xunit;

namespace Kumiki.Host.Tests.Inference;

public sealed class ReflectionTests
{
    static async Task<(int Code, string Said, string Errors)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, said, await errors);
    }

    [Fact]
    public async Task A_tool_that_knows_nothing_of_the_server_finds_its_services_and_calls_one()
    {
        await using var world = await InferenceWorld.StartAsync(models: ("two", Graphs.Two(3)));

        var (code, said, errors) = await RunAsync("/usr/bin/python3", Ground.Tests.Onnx.World.Above("tests/Host.Tests/Inference/grpc_reflect.py"), $"{world.GrpcPort}");

        Assert.True(code == 0, errors);
        static string Of(string version) => $"""
            {version} echoes True
            {version} grpc.health.v1.Health grpc.reflection.v1.ServerReflection grpc.reflection.v1alpha.ServerReflection inference.GRPCInferenceService
            {version} True ['inference.proto', 'health.proto']
            {version} 5 There is no none.Such here; list_services says what there is.
            {version} 5 There is no none.proto here; list_services says what there is.
            {version} 5 There is no inference.InferParameter here; list_services says what there is.
            {version} inference.ModelInferRequest

            """;
        Assert.Equal(Of("v1") + Of("v1alpha") + "two 1 [('sum', [1, 2], [11.0, 12.0]), ('times', [1, 2], [3.0, 6.0])]\n", said);
    }

    [Fact]
    public async Task The_descriptors_are_what_protoc_writes_of_the_files_beside_them()
    {
        var folder = Path.GetDirectoryName(Ground.Tests.Onnx.World.Above("src/3-doors/Host/Inference/protos/inference.proto"))!;
        using var made = new Serve.TemporaryFolder();
        var file = Path.Combine(made.Path, "descriptors.pb");

        var (code, _, errors) = await RunAsync("/usr/bin/protoc", $"-I{folder}", $"--descriptor_set_out={file}", "inference.proto", "health.proto",
            "reflection_v1.proto", "reflection_v1alpha.proto");

        Assert.True(code == 0, errors);
        Assert.Equal(await File.ReadAllBytesAsync(file), await File.ReadAllBytesAsync($"{folder}/descriptors.pb"));
        using var kept = typeof(KumikiServer).Assembly.GetManifestResourceStream("descriptors.pb")!;
        Assert.Equal(new FileInfo(file).Length, kept.Length);
    }
}
