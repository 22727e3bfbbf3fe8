using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

public static partial class TransformGraph
{
    sealed partial class Emission
    {
        /// <summary>Places of texts that have none: not among the known, and missing.</summary>
        const long Unknown = -1, Missing = -2;

        /// <summary>One text, or a cross of some, and all that its steps make of it. A text without categories gives no features.</summary>
        public void Texts(string at, FittedColumn column)
        {
            Start(at, column);
            // The hash of a cross is that of its parts, which need no places.
            var source = column.Cross is FittedCross.Texts cross
                ? new TextSource(column.Steps.Any(s => s is FittedStep.OneHot or FittedStep.Table) ? Places(cross) : "", cross)
                : new TextSource(TensorOf(column.Name));
            var indicators = new List<string>();
            foreach (var step in column.Steps)
            {
                switch (step)
                {
                    case FittedStep.ImputeText impute:
                        if (impute.Indicator) indicators.Add(IsMissing(source));
                        source = source with { MissingIs = impute.Value };
                        break;
                    case FittedStep.OneHot oneHot: OneHot(column.Name, source, oneHot); break;
                    case FittedStep.Table table: Give(Look(source, table), table.Feature); break;
                    case FittedStep.Hash hash: Hash(column.Name, source, hash); break;
                }
            }
            foreach (var indicator in indicators) Give(indicator, $"{column.Name} is missing");
        }

        /// <param name="Tensor">Texts [N, 1], or for a cross the numbers of its categories.</param>
        /// <param name="MissingIs">What a missing text is read as.</param>
        sealed record TextSource(string Tensor, FittedCross.Texts? Cross = null, string? MissingIs = null);

        /// <summary>The place of each row's parts as one number, see <see cref="FittedCross.Texts"/>.</summary>
        string Places(FittedCross.Texts cross)
        {
            var (place, least) = ("", "");
            foreach (var (column, parts) in cross.Columns.Zip(cross.Parts))
            {
                var part = Encode(TensorOf(column.Name), [.. parts, ""], [.. parts.Select((_, i) => (long)i), Missing], Unknown);
                (place, least) = place == "" ? (part, part) : (Node("Add", Node("Mul", place, Whole(parts.Count)), part), Node("Min", least, part));
            }
            return Node("Where", Node("Less", least, Whole(0)), least, place);
        }

        /// <summary>Texts to whole numbers.</summary>
        string Encode(string texts, IReadOnlyList<string> keys, IReadOnlyList<long> values, long others) => Typed(TensorType.Int64, Node("LabelEncoder", [texts],
            [new OnnxAttribute.Texts("keys_strings", keys), new OnnxAttribute.Ints("values_int64s", values), new OnnxAttribute.Int("default_int64", others)], OnnxModel.MlDomain));

        /// <summary>What LabelEncoder gives, whose type checkers do not infer.</summary>
        string Typed(TensorType elements, string tensor)
        {
            Inner.Add(new(tensor, elements, [OnnxModel.Free, 1]));
            return tensor;
        }

        /// <summary>A whole number for each category; a missing text that is read as another has that one's.</summary>
        string Number(TextSource source, IReadOnlyList<string> categories, IReadOnlyList<long> values, long others, long missing)
        {
            if (source.Cross is not null)
                return Typed(TensorType.Int64, Node("LabelEncoder", [source.Tensor],
                    [new OnnxAttribute.Ints("keys_int64s", [.. categories.Select(Key), Missing]), new OnnxAttribute.Ints("values_int64s", [.. values, missing]),
                     new OnnxAttribute.Int("default_int64", others)],
                    OnnxModel.MlDomain));
            var empty = IndexOf(categories, source.MissingIs ?? "");
            var forMissing = empty >= 0 ? values[empty] : source.MissingIs is null ? missing : others;
            var present = Enumerable.Range(0, categories.Count).Where(i => categories[i] != "").ToArray();
            return Encode(source.Tensor, [.. present.Select(i => categories[i]), ""], [.. present.Select(i => values[i]), forMissing], others);
        }

        static int IndexOf(IReadOnlyList<string> categories, string text)
        {
            for (var i = 0; i < categories.Count; i++)
                if (categories[i] == text) return i;
            return -1;
        }

        static long Key(string category) => category == "" ? Missing : long.Parse(category, System.Globalization.CultureInfo.InvariantCulture);

        string IsMissing(TextSource source) => source.Cross is null
            ? Typed(TensorType.Float, Node("LabelEncoder", [source.Tensor],
                [new OnnxAttribute.Texts("keys_strings", [""]), new OnnxAttribute.Floats("values_floats", [1]), new OnnxAttribute.Float("default_float", 0)], OnnxModel.MlDomain))
            : Cast(Node("Equal", source.Tensor, Whole(Missing)), TensorType.Float);

        string Look(TextSource source, FittedStep.Table table)
        {
            var floats = table.Values.Select(v => (float)v).ToArray();
            var empty = IndexOf(table.Categories, source.MissingIs ?? "");
            var forMissing = empty >= 0 ? floats[empty] : (float)(source.MissingIs is null ? table.Missing : table.Unseen);
            var present = Enumerable.Range(0, floats.Length).Where(i => table.Categories[i] != "").ToArray();
            return Typed(TensorType.Float, Node("LabelEncoder", [source.Tensor],
            [
                source.Cross is null
                    ? new OnnxAttribute.Texts("keys_strings", [.. present.Select(i => table.Categories[i]), ""])
                    : new OnnxAttribute.Ints("keys_int64s", [.. present.Select(i => Key(table.Categories[i])), Missing]),
                new OnnxAttribute.Floats("values_floats", [.. present.Select(i => floats[i]), forMissing]),
                new OnnxAttribute.Float("default_float", (float)table.Unseen),
            ], OnnxModel.MlDomain));
        }

        void OneHot(string column, TextSource source, FittedStep.OneHot step)
        {
            var width = step.Categories.Count + (step.Other ? 1 : 0);
            if (width == 0) return;
            string encoded;
            if (source is { Cross: null, MissingIs: null } && !step.Other)
            {
                encoded = Node("OneHotEncoder", [source.Tensor],
                    [new OnnxAttribute.Texts("cats_strings", step.Categories), new OnnxAttribute.Int("zeros", 1)], OnnxModel.MlDomain);
                Inner.Add(new(encoded, TensorType.Float, [OnnxModel.Free, 1, width]));
            }
            else
            {
                // A place beyond the last is no category; OneHot takes a negative one from the end.
                var places = Number(source, step.Categories, [.. step.Categories.Select((_, i) => (long)i)], step.Other ? width - 1 : width, missing: width);
                encoded = Node("OneHot", [places, Whole(width), Constant(TensorType.Float, [0, 1], [2])], [new OnnxAttribute.Int("axis", -1)]);
            }
            Give(Node("Reshape", encoded, Whole(-1, width)), step.Categories.Select(c => c == "" ? $"{column} is missing" : $"{column} = {Written(source.Cross, c)}")
                .Concat(step.Other ? [$"{column} is another"] : []));
        }

        /// <summary>A category as people read it.</summary>
        static string Written(FittedCross.Texts? cross, string category)
        {
            if (cross is null) return category;
            var (rest, parts) = (Key(category), new string[cross.Parts.Count]);
            for (var i = parts.Length - 1; i >= 0; i--)
            {
                parts[i] = cross.Parts[i][(int)(rest % cross.Parts[i].Count)];
                rest /= cross.Parts[i].Count;
            }
            return string.Join(" × ", parts);
        }

        void Hash(string column, TextSource source, FittedStep.Hash step)
        {
            Hashes = true;
            string hash, missing;
            if (source.Cross is { } cross)
            {
                hash = "";
                const long range = 1L << 32;
                foreach (var part in cross.Columns)
                {
                    var own = Node("Mod", Murmur(TensorOf(part.Name), step.Seed), Whole(range));
                    hash = hash == "" ? own : Node("Mod", Node("Add", Node("Mul", hash, Whole(1000003)), own), Whole(range));
                }
                hash = Node("Where", Node("Less", hash, Whole(range / 2)), hash, Node("Sub", hash, Whole(range)));
                missing = AnyMissing(cross);
            }
            else
            {
                hash = Murmur(source.Tensor, step.Seed);
                missing = Cast(IsMissing(source), TensorType.Bool);
                if (source.MissingIs is { } text)
                {
                    // That text for every row, for there are no constants of texts here.
                    var same = Node("LabelEncoder", [source.Tensor],
                        [new OnnxAttribute.Texts("keys_strings", [text]), new OnnxAttribute.Texts("values_strings", [text]), new OnnxAttribute.Text("default_string", text)],
                        OnnxModel.MlDomain);
                    Inner.Add(new(same, TensorType.Text, [OnnxModel.Free, 1]));
                    hash = Node("Where", missing, Murmur(same, step.Seed), hash);
                    missing = "";
                }
            }
            var bucket = Node("Mod", Node("Abs", hash), Whole(step.Buckets));
            if (missing != "") bucket = Node("Where", missing, Whole(step.Buckets), bucket);
            var encoded = Node("OneHot", [bucket, Whole(step.Buckets), Constant(TensorType.Float, [0, 1], [2])], [new OnnxAttribute.Int("axis", -1)]);
            encoded = Node("Reshape", encoded, Whole(-1, step.Buckets));
            if (step.Signed) encoded = Node("Mul", encoded, Node("Where", Node("Less", hash, Whole(0)), Row(TensorType.Float, -1), Row(TensorType.Float, 1)));
            Give(encoded, Enumerable.Range(0, step.Buckets).Select(b => $"{column} in bucket {b}"));
        }

        string Murmur(string texts, uint seed)
        {
            var hash = Node("MurmurHash3", [texts], [new OnnxAttribute.Int("positive", 0), new OnnxAttribute.Int("seed", seed)], OnnxModel.MicrosoftDomain);
            Inner.Add(new(hash, TensorType.Int32, [OnnxModel.Free, 1]));
            return Cast(hash, TensorType.Int64);
        }

        string AnyMissing(FittedCross.Texts cross)
        {
            var any = "";
            foreach (var part in cross.Columns)
            {
                var one = Cast(IsMissing(new(TensorOf(part.Name))), TensorType.Bool);
                any = any == "" ? one : Node("Or", any, one);
            }
            return any;
        }
    }
}
