using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;

namespace Kumiki.Onnx;

/// <summary>What must hold of a row's fields, as data. Nothing but <see cref="Missing"/> holds of a value that is missing.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "is")]
[JsonDerivedType(typeof(Compares), "compares")]
[JsonDerivedType(typeof(Is), "text")]
[JsonDerivedType(typeof(Missing), "missing")]
[JsonDerivedType(typeof(All), "all")]
[JsonDerivedType(typeof(Any), "any")]
[JsonDerivedType(typeof(Not), "not")]
public abstract record FieldRule
{
    FieldRule() { }

    public abstract bool Holds(EndpointRows rows, int row);

    /// <summary>The fields it looks at.</summary>
    [JsonIgnore]
    public abstract IEnumerable<string> Fields { get; }

    /// <summary>A number, date (days since 1970-01-01) or flag (0 or 1) against a constant.</summary>
    /// <param name="Operator">&lt;, &lt;=, =, &gt;= or &gt;.</param>
    public sealed record Compares(string Field, string Operator, double Value) : FieldRule
    {
        public override bool Holds(EndpointRows rows, int row)
        {
            var value = rows.Number(rows.Schema.Place(Field), row);
            return Operator switch
            {
                "<" => value < Value,
                "<=" => value <= Value,
                "=" => value == Value,
                ">=" => value >= Value,
                ">" => value > Value,
                _ => throw new KumikiException(Message.Of("endpoint.rule-operator", ("operator", Operator))),
            };
        }

        public override IEnumerable<string> Fields => [Field];

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Field} {Operator} {Value}");
    }

    /// <summary>A text or choice that is one of some.</summary>
    public sealed record Is(string Field, IReadOnlyList<string> Texts) : FieldRule
    {
        public override bool Holds(EndpointRows rows, int row)
        {
            var place = rows.Schema.Place(Field);
            if (rows.IsMissing(place, row)) return false;
            var text = rows.Text(place, row);
            foreach (var one in Texts)
                if (Encoding.UTF8.GetByteCount(one) == text.Length && Encoding.UTF8.GetString(text) == one) return true;
            return false;
        }

        public override IEnumerable<string> Fields => [Field];

        public override string ToString() => $"{Field} = {string.Join(" | ", Texts)}";
    }

    public sealed record Missing(string Field) : FieldRule
    {
        public override bool Holds(EndpointRows rows, int row) => rows.IsMissing(rows.Schema.Place(Field), row);

        public override IEnumerable<string> Fields => [Field];

        public override string ToString() => $"{Field} is missing";
    }

    public sealed record All(IReadOnlyList<FieldRule> Of) : FieldRule
    {
        public override bool Holds(EndpointRows rows, int row) => Of.All(r => r.Holds(rows, row));

        public override IEnumerable<string> Fields => Of.SelectMany(r => r.Fields);

        public override string ToString() => string.Join(" and ", Of.Select(r => r is Any ? $"({r})" : $"{r}"));
    }

    public sealed record Any(IReadOnlyList<FieldRule> Of) : FieldRule
    {
        public override bool Holds(EndpointRows rows, int row) => Of.Any(r => r.Holds(rows, row));

        public override IEnumerable<string> Fields => Of.SelectMany(r => r.Fields);

        public override string ToString() => string.Join(" or ", Of);
    }

    public sealed record Not(FieldRule Of) : FieldRule
    {
        public override bool Holds(EndpointRows rows, int row) => !Of.Holds(rows, row);

        public override IEnumerable<string> Fields => Of.Fields;

        public override string ToString() => $"not ({Of})";
    }
}
