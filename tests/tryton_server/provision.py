"""Fill an empty Tryton database with a company, money, taxes, products, customers, users and one opportunity.

Runs in the server's own environment: `python provision.py CONFIG DATABASE IDS`. Writes the ids as JSON to IDS.
"""

import datetime
import json
import sys
from decimal import Decimal

from proteus import Model
from proteus import config as proteus_config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, create_tax, get_accounts
from trytond.modules.account_invoice.tests.tools import set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company, get_company


def currencies():
    currency = Model.get("currency.currency")
    euro = currency(name="Euro", symbol="€", code="EUR", numeric_code="978", rounding=Decimal("0.01"), digits=2)
    dollar = currency(name="US Dollar", symbol="$", code="USD", numeric_code="840", rounding=Decimal("0.01"), digits=2)
    for each, rate in ((euro, "1"), (dollar, "1.25")):
        each.rates.new(date=datetime.date(2020, 1, 1), rate=Decimal(rate))
        each.save()
    return euro, dollar


def accounts():
    create_chart()
    this_year = datetime.datetime.now(datetime.UTC).year
    for number in (this_year, this_year + 1):
        whole = (datetime.date(number, 1, 1), datetime.date(number, 12, 31))
        year = set_fiscalyear_invoice_sequences(create_fiscalyear(today=whole))
        year.save()
        year.click("create_period")
    tax = create_tax(Decimal("0.20"))
    tax.name = tax.description = "VAT 20%"
    tax.save()
    return get_accounts(), tax


def products(found, tax):
    category = Model.get("product.category")(name="Goods at 20 %", accounting=True)
    category.account_expense, category.account_revenue = found["expense"], found["revenue"]
    category.customer_taxes.append(tax)
    category.save()
    unit, hour, metre = (Model.get("product.uom").find([("name", "=", name)])[0] for name in ("Unit", "Hour", "Meter"))

    def make(name, code, price, kind, uom):
        template = Model.get("product.template")(name=name, type=kind, salable=True, default_uom=uom)
        template.list_price, template.account_category = Decimal(price), category
        template.products[0].suffix_code = code
        template.save()
        return template.products[0].id

    return {
        "pump": make("Pump P-100", "P-100", "125.00", "goods", unit),
        "cable": make("Control cable", "C-7", "0.345", "goods", metre),
        "installation": make("Installation", "SRV-1", "80.00", "service", hour),
        "unit": unit.id,
        "hour": hour.id,
        "metre": metre.id,
    }


def customer(term):
    country = Model.get("country.country")(name="France", code="FR", code3="FRA", code_numeric="250")
    country.save()
    party = Model.get("party.party")(name="Chantiers Étoile SARL", code="CUST-77")
    # A published example of a number whose check digits are right.
    party.identifiers.new(type="eu_vat", code="FR40303265045")
    bill = party.addresses[0]
    bill.party_name, bill.street_unstructured = "Comptabilité", "1 rue de la Paix"
    bill.postal_code, bill.city, bill.country, bill.invoice = "75002", "Paris", country, True
    party.addresses.new(
        party_name="Quai 4",
        street_unstructured="12 quai du Port",
        postal_code="13002",
        city="Marseille",
        country=country,
        delivery=True,
    )
    party.contact_mechanisms.new(type="email", value="achats@etoile.example", name="Jeanne Moreau")
    party.contact_mechanisms.new(type="phone", value="+33 1 40 00 00 00")
    party.customer_payment_term = term
    party.save()
    other = Model.get("party.party")(name="Kiosk without address", code="CUST-78")
    del other.addresses[:]
    other.save()
    marked = {mark: each.id for each in party.addresses for mark in ("invoice", "delivery") if getattr(each, mark)}
    return party, {
        "party": party.id,
        "bare_party": other.id,
        "invoice_address": marked["invoice"],
        "shipment_address": marked["delivery"],
        "contact": party.contact_mechanisms[0].id,
    }


def employees(user_id):
    person = Model.get("party.party")(name="Robin Verkoop")
    person.save()
    employee = Model.get("company.employee")(party=person, company=get_company())
    employee.save()
    user = Model.get("res.user")(user_id)
    groups = Model.get("res.group").find([("name", "in", ["Sales", "Sale Opportunity"])])
    plain = Model.get("res.user")(name="Opportunity to Order", login="converter", password="a-long-password-for-tests")
    for each in (user, plain):
        each.employees.append(Model.get("company.employee")(employee.id))
        each.companies.append(get_company())
        each.company, each.employee = get_company(), Model.get("company.employee")(employee.id)
    plain.groups.extend(groups)
    user.save()
    plain.save()
    return employee.id


def opportunity(ids):
    pump = {"product": ids["pump"], "unit": ids["unit"]}
    lines = [
        {**pump, "quantity": 3, "note": "with certificate", "description": "Pump, grey"},
        {"product": ids["cable"], "quantity": 12.5, "unit": ids["metre"]},
        {**pump, "quantity": 1, "description": "Spare pump"},
    ]
    return {
        "description": "Pumps for quay 4",
        "party": ids["party"],
        "address": ids["shipment_address"],
        "contact": ids["contact"],
        "amount": Decimal("499.99"),
        "currency": ids["EUR"],
        "payment_term": ids["term"],
        "employee": ids["employee"],
        "reference": "RFQ-2026-17",
        "comment": "Call before delivery.\nGate code by phone.",
        "conversion_probability": 0.65,
        "start_date": datetime.date(2026, 2, 2),
        "end_date": datetime.date(2026, 4, 30),
        "lines": [("create", lines)],
        "notes": [("create", [{"message": "Competitor quoted 480."}])],
        "attachments": [("create", [{"name": "drawing.txt", "data": b"a drawing", "type": "data"}])],
    }


def main(config_file, database, ids_file):
    running = proteus_config.set_trytond(database=database, user="admin", config_file=config_file)
    euro, dollar = currencies()
    create_company(currency=euro)
    found, tax = accounts()
    term = Model.get("account.invoice.payment_term")(name="30 days")
    term.lines.new(type="remainder").relativedeltas.new(days=30)
    term.save()
    ids = {"EUR": euro.id, "USD": dollar.id, "term": term.id, "tax": tax.id, "company": get_company().id}
    ids |= products(found, tax)
    ids |= customer(term)[1]
    ids["employee"] = employees(running.user)
    proteus_config.get_config()._context = Model.get("res.user").get_preferences(True, {})
    (ids["opportunity"],) = Model.get("sale.opportunity")._proxy.create([opportunity(ids)], running.context)
    Model.get("sale.opportunity")._proxy.opportunity([ids["opportunity"]], running.context)
    with open(ids_file, "w") as out:
        json.dump(ids, out, indent=1, sort_keys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
