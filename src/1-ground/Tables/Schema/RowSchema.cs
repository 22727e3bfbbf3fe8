using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kumiki.Tables;

/// <summary>The columns of a record type, in the order of its primary constructor; stored with each dataset version.</summary>
/// <remarks>JSON: <c>{"format":1,"record":"Sale","columns":[{"name":"date","property":"Date","kind":"DateOnly","nullable":false}, …]}</c>;
/// docs/formats/dataset-version.md.</remarks>
public sealed partial record RowSchema
{
    /// <summary>The number of the JSON form this program writes.</summary>
    public const int CurrentFormat = 1;

    [JsonConstructor]
    public RowSchema(string record, IReadOnlyList<ColumnSchema> columns, int format = CurrentFormat) => (Record, Columns, Format) = (record, columns, format);

    public int Format { get; }

    /// <summary>The record type's name, for people; two schemas of different names may be equal in all that matters.</summary>
    public string Record { get; }

    public IReadOnlyList<ColumnSchema> Columns { get; }

    static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    /// <summary>The column of a name, or null.</summary>
    public ColumnSchema? Find(string name) => Columns.FirstOrDefault(c => c.Name == name);

    /// <summary>The column a lambda such as <c>r => r.Week</c> names.</summary>
    /// <exception cref="KumikiException">It is more than a property of the row.</exception>
    public ColumnSchema ColumnOf(System.Linq.Expressions.LambdaExpression selector) => OfProperty(Member.Of(selector));

    /// <summary>The column of a record's property.</summary>
    /// <exception cref="KumikiException">There is none.</exception>
    public ColumnSchema OfProperty(string property) =>
        Columns.FirstOrDefault(c => c.Property == property)
        ?? throw new KumikiException(Message.Of("tables.no-column", ("record", Record), ("column", property),
            ("columns", string.Join(", ", Columns.Select(c => c.Property)))));

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, Form);

    /// <summary>Reads a stored schema.</summary>
    /// <exception cref="KumikiException">It was written by a newer Kumiki, or is not a schema.</exception>
    public static RowSchema FromJson(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Object && json.TryGetProperty("format", out var format) && format.TryGetInt32(out var number)
            && number > CurrentFormat)
            throw new KumikiException(Message.Of("tables.schema-newer", ("found", number), ("known", CurrentFormat)));
        try
        {
            return json.Deserialize<RowSchema>(Form) is { Columns.Count: > 0 } schema ? schema : throw new JsonException("no columns");
        }
        catch (JsonException e)
        {
            throw new KumikiException(Message.Of("tables.schema-unreadable", ("reason", e.Message)), e);
        }
    }

    /// <summary>What differs from an older schema, one sentence a column; empty when rows of one are rows of the other.</summary>
    public IReadOnlyList<Message> DifferencesFrom(RowSchema older)
    {
        var found = new List<Message>();
        foreach (var was in older.Columns)
            if (Find(was.Name) is null) found.Add(Message.Of("tables.schema-removed", ("column", was.Name), ("type", was.TypeName)));
        foreach (var now in Columns)
        {
            if (older.Find(now.Name) is not { } was)
                found.Add(Message.Of("tables.schema-added", ("column", now.Name), ("type", now.TypeName)));
            else if (was.TypeName != now.TypeName)
                found.Add(Message.Of("tables.schema-type", ("column", now.Name), ("was", was.TypeName), ("now", now.TypeName)));
            else if (was.Range != now.Range)
                found.Add(Message.Of("tables.schema-range", ("column", now.Name), ("was", was.Range?.ToString() ?? "-"),
                    ("now", now.Range?.ToString() ?? "-")));
        }
        if (found.Count == 0 && !Columns.Select(c => c.Name).SequenceEqual(older.Columns.Select(c => c.Name)))
            found.Add(Message.Of("tables.schema-order", ("was", string.Join(", ", older.Columns.Select(c => c.Name))),
                ("now", string.Join(", ", Columns.Select(c => c.Name)))));
        return found;
    }

    public bool Equals(RowSchema? other) => other is not null && Format == other.Format && Columns.SequenceEqual(other.Columns);

    public override int GetHashCode() => Columns.Count == 0 ? 0 : HashCode.Combine(Columns.Count, Columns[0]);
}
