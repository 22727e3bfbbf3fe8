using System.Text;
using System.Text.Json.Nodes;
using Kumiki.Importing;
using Xunit;

namespace Kumiki.Lifecycle.Tests.Train;

public sealed class BlockYamlTests
{
    [Fact]
    public void What_PyYAML_writes_is_read_as_it_was_said()
    {
        var cases = JsonArray.Create(Golden.File("06-Train/Imported/yaml.json"))!;
        Assert.Equal(400, cases.Count);
        foreach (var one in cases)
        {
            var (yaml, said) = ((string)one!["yaml"]!, one["json"]);
            Assert.True(JsonNode.DeepEquals(said, BlockYaml.Read(yaml)), $"{yaml}\n{said}\n{BlockYaml.Read(yaml)}");
        }
    }

    [Theory]
    [InlineData("a: 'b", 1)]
    [InlineData("a: b\n  c: d\n e: f", 2)]
    [InlineData("a: b\nc", 2)]
    [InlineData("a: \"\\uZZZZ\"", 1)]
    [InlineData("a: b\na: c", 2)]
    [InlineData("- a\nb: c", 2)]
    public void What_is_no_such_YAML_is_refused_with_its_line(string yaml, int line)
    {
        var e = Assert.Throws<KumikiException>(() => BlockYaml.Read(yaml));
        Assert.Equal(("imported.mlmodel-line", $"{line}"), (e.Says.Id, e.Says.Values["line"]));
    }

    [Fact]
    public void Blocks_nested_without_end_are_refused() =>
        Assert.Throws<KumikiException>(() => BlockYaml.Read(string.Concat(Enumerable.Range(0, 1_000).Select(i => new string(' ', i) + "a:\n"))));

    [Fact]
    public void An_MLmodel_gives_its_forms_and_its_signature()
    {
        var model = MlModelFile.Read(Encoding.UTF8.GetBytes(MlModelFile.Written("m.onnx", Guid.Empty)
            + "signature:\n  inputs: '[{\"name\": \"x\"}]'\n  outputs: null\n  params: not json\n"));

        Assert.Equal("onnx", Assert.Single(model.Named));
        Assert.Equal("m.onnx", model.OnnxFile);
        Assert.Equal("""{"inputs":[{"name":"x"}],"params":"not json"}""", model.Signature!.ToJsonString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("flavors: {}")]
    [InlineData("flavors: x")]
    [InlineData("- flavors")]
    public void An_MLmodel_without_forms_is_refused(string text) =>
        Assert.Equal("imported.mlmodel-flavors", Assert.Throws<KumikiException>(() => MlModelFile.Read(Encoding.UTF8.GetBytes(text))).Says.Id);
}
