using System.Globalization;
using System.Text.Json;
using Kumiki.Onnx;

namespace Kumiki.Packages;

/// <summary>Rows that an endpoint may be asked with, drawn from what its plan says of its fields: nobody's data. The draws are seeded, the same on every
/// machine.</summary>
static class MadeUpRows
{
    /// <param name="models">ONNX files, whose categories are the texts that are drawn.</param>
    /// <returns>Each a JSON object.</returns>
    public static IEnumerable<byte[]> Of(EndpointPlan plan, int count, IEnumerable<byte[]> models)
    {
        var categories = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var file in models)
        {
            using var scorer = Scorer.Open(file, new() { Threads = 1 });
            foreach (var column in scorer.Columns)
                if (scorer.CategoriesOf(column.Name) is { Count: > 0 } texts) categories.TryAdd(column.Name, [.. texts.Order(StringComparer.Ordinal)]);
        }
        for (var row = 0; row < count; row++)
        {
            var random = new Random(row);
            using var bytes = new MemoryStream();
            using (var json = new Utf8JsonWriter(bytes))
            {
                json.WriteStartObject();
                foreach (var field in plan.Fields.Where(f => f.Kind != FieldKind.Any && (f.IsRead || !f.Optional))) Write(json, field, random,
                    categories.GetValueOrDefault(field.Name));
                json.WriteEndObject();
            }
            yield return bytes.ToArray();
        }
    }

    static void Write(Utf8JsonWriter json, EndpointField field, Random random, string[]? categories)
    {
        // Every draw is made whatever the field is, so that one field's kind moves no other's values.
        var (missing, share, place) = (random.Next(4) == 0, random.NextDouble(), random.Next());
        if (missing && field.Optional)
        {
            json.WriteNull(field.Name);
            return;
        }
        // An open end is taken to lie a little inside; without bounds, small numbers of both signs.
        var (least, most) = (field.Min ?? Math.Min(-1, (field.Max ?? 0) - 4), field.Max ?? Math.Max(3, (field.Min ?? 0) + 4));
        var number = least + ((most - least) * (0.01 + (0.98 * share)));
        switch (field.Kind)
        {
            case FieldKind.Flag: json.WriteBoolean(field.Name, share < 0.5); break;
            case FieldKind.Integer: json.WriteNumber(field.Name, (long)Math.Clamp(Math.Round(number), Math.Ceiling(least), Math.Floor(most))); break;
            case FieldKind.Decimal: json.WriteNumber(field.Name, (decimal)Math.Round(number, 3)); break;
            case FieldKind.Single: json.WriteNumber(field.Name, (float)number); break;
            case FieldKind.Number: json.WriteNumber(field.Name, number); break;
            case FieldKind.Date:
                var (from, to) = (field.Min ?? 19_000, field.Max ?? 21_000);
                var day = DateOnly.FromDayNumber((int)(from + ((to - from) * share)) + new DateOnly(1970, 1, 1).DayNumber);
                json.WriteString(field.Name, day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
                break;
            default:
                IReadOnlyList<string> texts = field.Choices ?? categories ?? [];
                json.WriteString(field.Name, texts.Count > 0 ? texts[place % texts.Count] : string.Create(CultureInfo.InvariantCulture, $"text {place % 3}"));
                break;
        }
    }
}
