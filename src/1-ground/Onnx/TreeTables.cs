using System.Text.Json;

namespace Kumiki.Onnx;

public static partial class Learners
{
    /// <summary>The columns of a TreeEnsembleRegressor (ai.onnx.ml 3): one entry a node, and one a leaf.</summary>
    sealed class TreeTables
    {
        readonly List<long> treeIds = [], nodeIds = [], features = [], lefts = [], rights = [], missingGoesLeft = [];
        readonly List<float> thresholds = [];
        readonly List<string> modes = [];
        readonly List<long> leafTrees = [], leafNodes = [], leafOutputs = [];
        readonly List<float> leafWeights = [];

        public bool IsEmpty => treeIds.Count == 0;

        /// <summary>Adds one tree of the JSON: arrays over nodes, of which pruned ones cannot be reached from node 0 and are left out.</summary>
        /// <param name="output">The output its leaves add to.</param>
        public void Add(int number, long output, JsonElement tree)
        {
            var left = Ints(tree, "left_children");
            var right = Ints(tree, "right_children");
            var feature = Ints(tree, "split_indices");
            var defaultLeft = Ints(tree, "default_left");
            var condition = tree.GetProperty("split_conditions").EnumerateArray().Select(e => e.GetSingle()).ToArray();
            if (Ints(tree, "split_type").Any(t => t != 0)) throw NotConverted("categorical splits");
            var waiting = new Stack<long>([0L]);
            while (waiting.TryPop(out var node))
            {
                var leaf = left[node] < 0;
                treeIds.Add(number);
                nodeIds.Add(node);
                modes.Add(leaf ? "LEAF" : "BRANCH_LT");
                features.Add(leaf ? 0 : feature[node]);
                thresholds.Add(leaf ? 0 : condition[node]);
                lefts.Add(leaf ? 0 : left[node]);
                rights.Add(leaf ? 0 : right[node]);
                missingGoesLeft.Add(leaf ? 0 : defaultLeft[node]);
                if (leaf)
                {
                    leafTrees.Add(number);
                    leafNodes.Add(node);
                    leafOutputs.Add(output);
                    leafWeights.Add(condition[node]);
                    continue;
                }
                waiting.Push(right[node]);
                waiting.Push(left[node]);
            }
        }

        static long[] Ints(JsonElement tree, string name) =>
        [
            .. tree.GetProperty(name).EnumerateArray()
                .Select(e => e.ValueKind switch { JsonValueKind.True => 1, JsonValueKind.False => 0, _ => e.GetInt64() }),
        ];

        public IReadOnlyList<OnnxAttribute> Attributes(float margin, int outputs) =>
        [
            new OnnxAttribute.Int("n_targets", outputs),
            new OnnxAttribute.Text("aggregate_function", "SUM"),
            new OnnxAttribute.Floats("base_values", [.. Enumerable.Repeat(margin, outputs)]),
            new OnnxAttribute.Ints("nodes_treeids", treeIds),
            new OnnxAttribute.Ints("nodes_nodeids", nodeIds),
            new OnnxAttribute.Ints("nodes_featureids", features),
            new OnnxAttribute.Floats("nodes_values", thresholds),
            new OnnxAttribute.Texts("nodes_modes", modes),
            new OnnxAttribute.Ints("nodes_truenodeids", lefts),
            new OnnxAttribute.Ints("nodes_falsenodeids", rights),
            new OnnxAttribute.Ints("nodes_missing_value_tracks_true", missingGoesLeft),
            new OnnxAttribute.Ints("target_treeids", leafTrees),
            new OnnxAttribute.Ints("target_nodeids", leafNodes),
            new OnnxAttribute.Ints("target_ids", leafOutputs),
            new OnnxAttribute.Floats("target_weights", leafWeights),
        ];
    }
}
