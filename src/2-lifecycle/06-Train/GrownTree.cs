using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kumiki.Training;

/// <summary>One tree of XGBoost's JSON, whose leaves may be given other values.</summary>
sealed class GrownTree
{
    readonly int[] lefts, rights, features;
    readonly float[] conditions;        // of a leaf its value
    readonly bool[] missingGoesLeft;

    GrownTree(JsonElement tree)
    {
        lefts = Ints(tree, "left_children");
        rights = Ints(tree, "right_children");
        features = Ints(tree, "split_indices");
        conditions = [.. tree.GetProperty("split_conditions").EnumerateArray().Select(c => c.GetSingle())];
        missingGoesLeft = [.. tree.GetProperty("default_left").EnumerateArray().Select(d =>
            d.ValueKind == JsonValueKind.Number ? d.GetInt32() != 0 : d.GetBoolean())];
    }

    static int[] Ints(JsonElement tree, string name) => [.. tree.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];

    public int Nodes => lefts.Length;

    public bool IsLeaf(int node) => lefts[node] < 0;

    public float Leaf(int node) => conditions[node];

    public void SetLeaf(int node, float value) => conditions[node] = value;

    /// <summary>Adds to every leaf.</summary>
    public void Shift(float by)
    {
        for (var node = 0; node < Nodes; node++)
            if (IsLeaf(node)) conditions[node] += by;
    }

    /// <summary>The trees of a model, in its order.</summary>
    public static GrownTree[] Read(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.GetProperty("learner").GetProperty("gradient_booster").GetProperty("model").GetProperty("trees").EnumerateArray().Select(t => new GrownTree(t))];
    }

    /// <summary>The model with the leaves of these trees.</summary>
    public static byte[] Write(byte[] json, IReadOnlyList<GrownTree> trees)
    {
        var model = JsonNode.Parse(json)!;
        foreach (var (number, node) in model["learner"]!["gradient_booster"]!["model"]!["trees"]!.AsArray().Index())
        {
            var (conditions, weights) = (node!["split_conditions"]!.AsArray(), node["base_weights"]!.AsArray());
            for (var n = 0; n < trees[number].Nodes; n++)
            {
                if (!trees[number].IsLeaf(n)) continue;
                conditions[n] = Real(trees[number].Leaf(n));
                weights[n] = Real(trees[number].Leaf(n));
            }
        }
        return JsonSerializer.SerializeToUtf8Bytes(model);
    }

    /// <summary>A number as XGBoost reads one: 1 would be an integer to it.</summary>
    static JsonNode Real(float value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return JsonNode.Parse(text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0")!;
    }

    /// <summary>The leaf each row comes to.</summary>
    /// <param name="values">[rows × width] row by row; NaN is missing.</param>
    public int[] LeavesOf(float[] values, int width, ParallelOptions atOnce)
    {
        const int block = 8192;
        var leaves = new int[values.Length / width];
        Parallel.For(0, (leaves.Length + block - 1) / block, atOnce, b =>
        {
            for (var row = b * block; row < Math.Min(leaves.Length, (b + 1) * block); row++)
            {
                var of = values.AsSpan(row * width, width);
                var node = 0;
                while (lefts[node] >= 0)
                {
                    var value = of[features[node]];
                    node = (float.IsNaN(value) ? missingGoesLeft[node] : value < conditions[node]) ? lefts[node] : rights[node];
                }
                leaves[row] = node;
            }
        });
        return leaves;
    }
}
